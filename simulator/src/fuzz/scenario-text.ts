import { embeddedFeeder } from '@tieline/grid';
import { Document, isMap, isSeq } from 'yaml';
import type { FilesBeside } from '../scenario/files-beside.ts';
import { parseScenario } from '../scenario/parse-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import type { GivenScenario } from './draw-scenario.ts';

/** A scenario as a file, an event and an expectation a line. @param comment  stands above it */
export function textOf(given: GivenScenario, comment = ''): string {
  const document = new Document(given);
  if (comment !== '') document.commentBefore = comment;
  for (const site of Object.keys(given.sites))
    onOneLine(document.getIn(['sites', site, 'battery']));
  const timeline = document.get('timeline');
  for (const event of isSeq(timeline) ? timeline.items : []) {
    if (isMap(event)) for (const { value } of event.items) onOneLine(value);
  }
  const expect = document.get('expect');
  for (const expectation of isSeq(expect) ? expect.items : []) onOneLine(expectation);
  return document.toString({ lineWidth: 0 });
}

const NOTHING_BESIDE: FilesBeside = {
  feeder: embeddedFeeder,
  text: (file) => {
    throw new Error(`nothing lies beside what was drawn, nor ${file}`);
  },
};

function onOneLine(node: unknown): void {
  if (isMap(node)) node.flow = true;
}

/** The scenario of that file: what is run is what is written. @param name  of the file, without its ending */
export function readGiven(given: GivenScenario, name: string): Scenario {
  return parseScenario(textOf(given), `${name}.yaml`, NOTHING_BESIDE);
}
