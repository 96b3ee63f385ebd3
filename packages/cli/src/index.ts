export { EXIT, type ExitCode } from './exit.ts';
export { runTieline, VERSION } from './run.ts';
export type { World } from './world.ts';
