import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import { type FastifyBaseLogger, type FastifyInstance, fastify, type RawServerDefault } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { addConsole } from '../console/routes.ts';
import type { TileServer } from '../console/tile-server.ts';
import { admitting } from './admission.ts';
import { answerWithProblems } from './answer-with-problems.ts';
import type { HttpContext } from './context.ts';
import { addDocument } from './document/document.ts';
import { answerUnchanged } from './entity-tag.ts';
import { addAlertRoutes } from './routes/alerts.ts';
import { addDetectorRoutes } from './routes/detectors.ts';
import { addEstimateFiles } from './routes/estimate-files.ts';
import { addEstimateRoutes } from './routes/estimates.ts';
import { addEventFiles } from './routes/event-files.ts';
import { addEventRoutes } from './routes/events.ts';
import { addGeojsonRoutes } from './routes/geojson.ts';
import { addHistoryRoutes } from './routes/history.ts';
import { addLinkRoutes } from './routes/links.ts';
import { addLiveRoute } from './routes/live.ts';
import { addMatchFiles } from './routes/match-files.ts';
import { addMatchRoutes } from './routes/matches.ts';
import { addMetrics } from './routes/metrics.ts';
import { addPeerRoutes } from './routes/peers.ts';
import { addProbes } from './routes/probes.ts';
import { addReportRoutes } from './routes/report.ts';
import { addRouteFiles } from './routes/route-files.ts';
import { addRouteRoutes } from './routes/routes.ts';
import { addSessionRoutes } from './routes/session.ts';
import { setHeadersForAll } from './security-headers.ts';
import { StreamedAnswers } from './streamed-answers.ts';
import { addTraces } from './traced-requests.ts';

export type HttpApp = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

export interface HttpAppOptions extends HttpContext {
  /** Makes the server that hands its requests to the listener. */
  readonly serverFor: (listener: RequestListener) => Server;
  /** Who calls, by the connection: see Guard.callerOf. */
  readonly credentialsOf: Parameters<typeof admitting>[0]['credentialsOf'];
  /** Whether only this machine can reach the port, and whoever does may do everything. */
  readonly isLocal: boolean;
  readonly isServing: () => boolean;
  readonly slowReaderMs: number;
  /** Behind the map of the console; absent: nobody is asked for anything. */
  readonly tiles?: TileServer;
}

const pathPartLengthMax = 200;
const bodyBytesMax = 16 * 1024;
const compressBytesMin = 1024;
/** A tenth of the work of the best, for nearly the same size. In windows of 64 KiB and 8 KiB: answers come too often for megabytes or a quarter of one each. */
const brotliParams = { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 16 };
const zlibOptions = { windowBits: 13, memLevel: 6 };
const requestIdPattern = /^[A-Za-z0-9._-]{1,64}$/;

/** In the place of compilers of schemas that the framework would load, though all schemas are in Zod. */
const notOurs = (): never => {
  throw new Error('a schema that is not in Zod');
};

/** Everything that is served over HTTP. */
export async function httpApp(options: HttpAppOptions): Promise<HttpApp> {
  const problems = answerWithProblems(options);
  const app: HttpApp = fastify({
    serverFactory: (listener) => options.serverFor(listener),
    logger: false,
    bodyLimit: bodyBytesMax,
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    routerOptions: { maxParamLength: pathPartLengthMax },
    frameworkErrors: (error, request, reply) => {
      // Of addresses that cannot be read: no hook sees them.
      setHeadersForAll(request, reply);
      void problems.answer(error, request, reply);
    },
    clientErrorHandler: problems.answerUnreadable,
    schemaController: { compilersFactory: { buildValidator: notOurs, buildSerializer: notOurs } },
  }).withTypeProvider<ZodTypeProvider>();
  // A page of another site can send text, and no JSON.
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  if (options.tracing !== undefined) addTraces(app, options.tracing);
  app.addHook('onRequest', async (request, reply) => setHeadersForAll(request, reply));
  app.addHook('onRequest', admitting(options));
  app.addHook('onSend', answerUnchanged);
  app.setErrorHandler(problems.answer);
  app.setNotFoundHandler(problems.answerNotFound);
  app.addHook('onResponse', problems.log);
  await app.register(compress, {
    threshold: compressBytesMin,
    encodings: ['br', 'gzip'],
    brotliOptions: { params: brotliParams },
    zlibOptions,
    globalDecompression: false,
  });
  await addDocument(app);
  addDetectorRoutes(app, options);
  addLinkRoutes(app, options);
  addMatchRoutes(app, options);
  addPeerRoutes(app, options);
  addEventRoutes(app, options);
  addEstimateRoutes(app, options);
  addRouteRoutes(app, options);
  addGeojsonRoutes(app, options);
  const answers = new StreamedAnswers(options);
  addEventFiles(app, options, answers);
  addEstimateFiles(app, options, answers);
  addMatchFiles(app, options, answers);
  addRouteFiles(app, options, answers);
  addHistoryRoutes(app, options);
  addReportRoutes(app, options);
  addAlertRoutes(app, options);
  const feed = addLiveRoute(app, options);
  addMetrics(app, { ...options, feed });
  addProbes(app, options);
  addSessionRoutes(app, options);
  addConsole(app, options.tiles);
  await app.ready();
  return app;
}

/** The caller's, where it is one that a log can hold. */
const requestIdOf = (given: string | readonly string[] | undefined): string =>
  typeof given === 'string' && requestIdPattern.test(given) ? given : randomUUID();
