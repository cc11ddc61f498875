import { type BoxMailServiceServer, BoxMailServiceService } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { type GrpcService, unary } from '@tdc/shared/grpc-server.ts';
import { principalOf } from '../access/principal.ts';
import { acknowledgeLetter } from './acknowledge-letter.ts';
import type { BoxMailContext } from './context.ts';
import { fetchLetters } from './fetch-letters.ts';
import { listBoxes } from './list-boxes.ts';
import { putBoxKey } from './put-box-key.ts';
import { putLetter } from './put-letter.ts';

/** Letters to boxes: what is in them is sealed, and nothing here could open it. */
export function boxMailService(context: BoxMailContext): GrpcService {
  const implementation: BoxMailServiceServer = {
    putBoxKey: unary((request, signal, metadata) => putBoxKey(context, principalOf(metadata), request, signal)),
    fetchLetters: unary((request, signal, metadata) => fetchLetters(context, principalOf(metadata), request, signal)),
    acknowledgeLetter: unary((request, signal, metadata) =>
      acknowledgeLetter(context, principalOf(metadata), request, signal),
    ),
    listBoxes: unary((_, signal) => listBoxes(context, signal)),
    putLetter: unary((request, signal) => putLetter(context, request, signal)),
  };
  return { name: 'tdc.v1.BoxMailService', definition: BoxMailServiceService, implementation };
}
