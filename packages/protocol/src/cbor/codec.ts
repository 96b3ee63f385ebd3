export { type CborValue, decodeCbor } from './decode.ts';
export { type CborEncodable, encodeCbor } from './encode.ts';
export { CborError, type CborFailure } from './failure.ts';
