import { agentGet, agentLs, agentRun } from './agent.ts';
import { auditExport, auditReplay, auditTail, auditVerify } from './audit.ts';
import { dispatchGet, dispatchLs, dispatchPreview, dispatchSend } from './dispatch.ts';
import { envelopeShow, envelopeVerify } from './envelope.ts';
import { keyNew, keyShow } from './key.ts';
import { modelLs, modelPack, modelPush, modelStatus } from './model.ts';
import { orderShow, orderSign, orderVerify } from './order.ts';
import { policyCheck, policyPublish, policyShow } from './policy.ts';
import {
  simAccept,
  simCompare,
  simExplain,
  simFlow,
  simFuzz,
  simLint,
  simList,
  simRun,
} from './sim.ts';
import type { Command, CommandSpec, Verb } from './spec.ts';

/** Binds a row to the module that does its work; a module of another row does not compile here. */
function bind<Spec extends CommandSpec>(
  spec: Spec,
  load: () => Promise<{ readonly run: Verb<Spec> }>,
): Command {
  // The parser has built `flags` and `operands` from this very row, which is what `Verb<Spec>` asks for.
  return { spec, load: async () => (await load()).run as Awaited<ReturnType<Command['load']>> };
}

/** The table of commands, in the order of help. A verb stands here once the capability behind it works. */
export const COMMANDS: readonly Command[] = [
  bind(agentRun, () => import('../verbs/agent-run.ts')),
  bind(agentLs, () => import('../verbs/agent-ls.ts')),
  bind(agentGet, () => import('../verbs/agent-get.ts')),
  bind(dispatchPreview, () => import('../verbs/dispatch-preview.ts')),
  bind(dispatchSend, () => import('../verbs/dispatch-send.ts')),
  bind(dispatchLs, () => import('../verbs/dispatch-ls.ts')),
  bind(dispatchGet, () => import('../verbs/dispatch-get.ts')),
  bind(orderSign, () => import('../verbs/order-sign.ts')),
  bind(orderVerify, () => import('../verbs/order-verify.ts')),
  bind(orderShow, () => import('../verbs/order-show.ts')),
  bind(keyNew, () => import('../verbs/key-new.ts')),
  bind(keyShow, () => import('../verbs/key-show.ts')),
  bind(policyCheck, () => import('../verbs/policy-check.ts')),
  bind(policyPublish, () => import('../verbs/policy-publish.ts')),
  bind(policyShow, () => import('../verbs/policy-show.ts')),
  bind(modelPack, () => import('../verbs/model-pack.ts')),
  bind(modelPush, () => import('../verbs/model-push.ts')),
  bind(modelLs, () => import('../verbs/model-ls.ts')),
  bind(modelStatus, () => import('../verbs/model-status.ts')),
  bind(auditTail, () => import('../verbs/audit-tail.ts')),
  bind(auditVerify, () => import('../verbs/audit-verify.ts')),
  bind(auditExport, () => import('../verbs/audit-export.ts')),
  bind(auditReplay, () => import('../verbs/audit-replay.ts')),
  bind(simRun, () => import('../verbs/sim-run.ts')),
  bind(simAccept, () => import('../verbs/sim-accept.ts')),
  bind(simCompare, () => import('../verbs/sim-compare.ts')),
  bind(simExplain, () => import('../verbs/sim-explain.ts')),
  bind(simFuzz, () => import('../verbs/sim-fuzz.ts')),
  bind(simLint, () => import('../verbs/sim-lint.ts')),
  bind(simList, () => import('../verbs/sim-list.ts')),
  bind(simFlow, () => import('../verbs/sim-flow.ts')),
  bind(envelopeShow, () => import('../verbs/envelope-show.ts')),
  bind(envelopeVerify, () => import('../verbs/envelope-verify.ts')),
];
