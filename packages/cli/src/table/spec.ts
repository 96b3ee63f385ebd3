import type { ExitCode } from '../exit.ts';
import type { World } from '../world.ts';

/** `--name VALUE`, once or (where `repeated`) several times; or a `toggle`, which takes no value. */
export type FlagSpec =
  | {
      readonly type: 'text';
      readonly value: string;
      readonly summary: string;
      readonly required?: true;
      readonly repeated?: true;
    }
  | { readonly type: 'toggle'; readonly summary: string };

/** A word after the verb. */
export interface OperandSpec {
  readonly value: string;
  readonly summary: string;
  readonly optional?: true;
}

/** The flags that every verb takes. */
export interface GlobalFlags {
  readonly context: string | undefined;
  readonly site: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly yes: boolean;
  readonly timeoutMs: number | undefined;
}

/** Global flags which mean something only to some verbs. */
export type Heeded = 'context' | 'site' | 'yes' | 'timeout';

type FlagsSpec = Readonly<Record<string, FlagSpec>>;
type OperandsSpec = Readonly<Record<string, OperandSpec>>;

/** One row of the table of commands: all that help, the reference and the parser need. Imports nothing heavy. */
export interface CommandSpec<
  Flags extends FlagsSpec = FlagsSpec,
  Operands extends OperandsSpec = OperandsSpec,
> {
  readonly noun: string;
  readonly verb: string;
  readonly summary: string;
  /** Paragraphs of help. */
  readonly details?: readonly string[];
  readonly operands: Operands;
  readonly flags: Flags;
  readonly heeds: readonly Heeded[];
  /** Schema of what `--json` prints; null where output is passed through from another process. */
  readonly schema: string | null;
  readonly examples: readonly string[];
  /** Exit codes besides 0, 1 and 2. */
  readonly exits: readonly ExitCode[];
}

/** Gives a row its exact type, so that a verb's flags are known to the compiler. */
export function defineCommand<Flags extends FlagsSpec, Operands extends OperandsSpec>(
  spec: CommandSpec<Flags, Operands>,
): CommandSpec<Flags, Operands> {
  return spec;
}

type FlagValue<F extends FlagSpec> = F extends { type: 'toggle' }
  ? boolean
  : F extends { repeated: true }
    ? readonly string[]
    : F extends { required: true }
      ? string
      : string | undefined;

/** What a verb is called with. */
export interface Invocation<Spec extends CommandSpec> {
  readonly flags: { readonly [Name in keyof Spec['flags']]: FlagValue<Spec['flags'][Name]> };
  readonly operands: {
    readonly [Name in keyof Spec['operands']]: Spec['operands'][Name] extends { optional: true }
      ? string | undefined
      : string;
  };
  readonly global: GlobalFlags;
  readonly world: World;
}

/** The work behind a row, ending with an exit code; a child's is passed on as it is. Its module is loaded only when it is called. */
export type Verb<Spec extends CommandSpec> = (call: Invocation<Spec>) => Promise<number>;

/** A call as the parser builds it, before a row's exact type is known. */
export interface LooseInvocation {
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly operands: Readonly<Record<string, string | undefined>>;
  readonly global: GlobalFlags;
  readonly world: World;
}

/** A row bound to its work. */
export interface Command {
  readonly spec: CommandSpec;
  load(): Promise<(call: LooseInvocation) => Promise<number>>;
}
