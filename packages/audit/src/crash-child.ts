/**
 * The process that `crash.test.ts` kills: appends without end, as an agent does, in transactions of
 * one to ten records together with a row of its journal, drains and prunes now and then, and tells on
 * standard output what was committed, after it was.
 */
import { writeSync } from 'node:fs';
import { openDatabase } from './database.ts';
import { agentLog, drain, entry, witnessOn } from './test-support.ts';

const [agentPath = '', witnessPath = ''] = process.argv.slice(2);
const db = openDatabase(agentPath, { synchronous: 'FULL' });
db.exec('CREATE TABLE IF NOT EXISTS journal (seq INTEGER PRIMARY KEY) STRICT');
const log = agentLog(db);
const witness = witnessOn(openDatabase(witnessPath, { synchronous: 'FULL' }));
const journal = db.prepare('INSERT INTO journal VALUES (?)');

for (let round = 0; ; round += 1) {
  db.transaction(() => {
    for (let k = 0; k <= round % 10; k += 1) {
      journal.run(log.append(entry(round, { round, filler: 'x'.repeat((round * 37) % 900) })));
    }
  })();
  writeSync(1, `appended ${log.size}\n`);
  if (round % 20 === 19) {
    drain(log, witness);
    writeSync(1, `receipted ${log.receiptedSize}\n`);
  }
  if (round % 60 === 59) log.prune(200);
}
