import { silentLogger } from '@tieline/kernel';
import { buildServer } from '../adapters/http/server.ts';
import { World } from './world.ts';

export const OPENAPI_FILE = new URL('../../../docs/reference/openapi.json', import.meta.url);

/** The reference of the HTTP API, made from the schemas that the server checks with. */
export async function openapiText(): Promise<string> {
  const { plane } = new World();
  const app = await buildServer({ plane, token: 'none', logger: silentLogger });
  try {
    return `${JSON.stringify(app.swagger(), null, 2)}\n`;
  } finally {
    await app.close();
  }
}
