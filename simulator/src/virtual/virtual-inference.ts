import { directInference, type Inference } from '@tieline/inference';
import type { VirtualWorld } from '@tieline/virtual';

/** Sessions of this process for a virtual world. They are real asynchronous work: the world waits for every run. */
export function virtualInference(world: VirtualWorld): Inference {
  const inference = directInference();
  return {
    load: async (packed) => {
      const session = await world.track(inference.load(packed), 'model load');
      return {
        digest: session.digest,
        manifest: session.manifest,
        infer: (features) => world.track(session.infer(features), 'model run'),
        close: () => world.track(session.close(), 'model close'),
      };
    },
  };
}
