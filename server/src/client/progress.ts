import type { ClientContext } from './context.ts';

const redrawMs = 500;
const lineEveryMs = 10_000;

/** Shows a line on standard error until it is disposed: in its place on a terminal, else a new one each ten seconds. */
export function showProgress({ stderr }: Pick<ClientContext, 'stderr'>, line: () => string): Disposable {
  const inPlace = stderr.isTTY === true;
  const timer = setInterval(
    () => stderr.write(inPlace ? `\r\u001b[K${line()}` : `${line()}\n`),
    inPlace ? redrawMs : lineEveryMs,
  );
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      if (inPlace) stderr.write('\r\u001b[K');
    },
  };
}
