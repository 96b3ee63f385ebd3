/**
 * How the virtual world learns that production code has nothing more to do at the present time.
 *
 * Node empties the queue of promise callbacks completely, those added meanwhile included, before it runs
 * the next `process.nextTick` that one of them asked for. So a tick asked for from within a promise callback runs when
 * every chain of promises has come to rest. A turn of the event loop (`setImmediate`) would do as well, at
 * several times the cost; waiting a number of microtasks would not: nobody knows how many.
 */
const settled = Promise.resolve();

/** A function that arranges for `step` to run once no promise callback is left. */
export function afterMicrotasks(step: () => void): () => void {
  const tick = (): void => process.nextTick(step);
  return () => void settled.then(tick);
}

/** Runs `step` after a turn of the event loop, so that signals and native work get theirs. */
export function afterTurn(step: () => void): void {
  setImmediate(step);
}

/** Calls `onSilence` after so many real ms, unless told to stop. */
export function alarm(silenceMs: number, onSilence: () => void): () => void {
  const timer = setTimeout(onSilence, silenceMs);
  return () => clearTimeout(timer);
}
