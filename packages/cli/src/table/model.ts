import { PASSPHRASE_FLAG, TRUST_FLAG } from './shared.ts';
import { defineCommand } from './spec.ts';

export const modelPack = defineCommand({
  noun: 'model',
  verb: 'pack',
  summary: 'pack a model’s directory into one file, and sign its release',
  details: [
    'The directory holds manifest.json, golden.json and model.onnx; names, shapes, digests and golden cases are checked against each other. Equal files give equal bytes.',
    'With --key the release is signed as well, into FILE.release: the release key stays with this command, offline.',
  ],
  operands: { directory: { value: 'DIRECTORY', summary: 'where the three files are' } },
  flags: {
    out: { type: 'text', value: 'FILE', summary: 'the package to write', required: true },
    key: { type: 'text', value: 'FILE', summary: 'the release key file; - is standard input' },
    'passphrase-file': PASSPHRASE_FLAG,
    trust: TRUST_FLAG,
  },
  heeds: ['context'],
  schema: 'tieline.model-packed/1',
  examples: ['tieline model pack models/site-import-forecast --key release.key --out forecast.tlm'],
  exits: [4],
});

export const modelPush = defineCommand({
  noun: 'model',
  verb: 'push',
  summary: 'hand a signed package to the control plane',
  details: [
    'The release is read from FILE.release, beside the package. With --site the package also becomes that site’s desired model; `model status` shows when its agent reports running it.',
  ],
  operands: { file: { value: 'FILE', summary: 'a package, as `model pack` writes it' } },
  flags: {},
  heeds: ['context', 'site', 'timeout'],
  schema: 'tieline.model-pushed/1',
  examples: ['tieline model push forecast.tlm --site site-1'],
  exits: [3, 4],
});

export const modelLs = defineCommand({
  noun: 'model',
  verb: 'ls',
  summary: 'list the packages that the control plane holds',
  operands: {},
  flags: {},
  heeds: ['context', 'timeout'],
  schema: 'tieline.models/1',
  examples: ['tieline model ls'],
  exits: [3, 4],
});

export const modelStatus = defineCommand({
  noun: 'model',
  verb: 'status',
  summary: 'per site: the model asked for, and the one reported running',
  operands: {},
  flags: {},
  heeds: ['context', 'site', 'timeout'],
  schema: 'tieline.model-status/1',
  examples: ['tieline model status'],
  exits: [3, 4],
});
