import { mkdirSync, writeFileSync } from 'node:fs';
import { OPENAPI_FILE, openapiText } from './openapi.ts';

mkdirSync(new URL('.', OPENAPI_FILE), { recursive: true });
writeFileSync(OPENAPI_FILE, await openapiText());
