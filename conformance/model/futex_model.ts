/**
 * An exhaustive model of how agents wait for a lock and wake each other, with aborts and sudden death at any step.
 *
 * An agent is a process or a worker. The lock is one word (its owner); beside it is a bitmap of the agents that wait, and
 * each agent has one bell. Every step below is one atomic instruction on shared memory, so between any two steps any other
 * agent may run, and any agent may be killed. The explorer visits every state that any order of steps can reach, and looks
 * for two kinds of violation: two live agents inside at once, and a sleeper that nobody will ever wake.
 *
 * The rules that make it hold, each of which a variant leaves out to show that it is needed:
 *
 * - `norecheck`: after setting its bit, an agent must look at the lock once more before it sleeps;
 * - `nopass`: an agent that gives up and finds its bit already cleared was chosen to be woken: it must pass that on;
 * - `noring`: after a death all live agents must be rung, since the dead one may have cleared a bit and not yet rung.
 */

/** The protocol as it is (`ok`), or without one of its rules. */
export type Variant = "ok" | "norecheck" | "nopass" | "noring";

/** How much to explore. */
export interface Bounds {
  readonly agents: number;
  /** How often each agent takes the lock. */
  readonly rounds: number;
  /** How many agents may be killed. */
  readonly kills: number;
}

/** Where an agent is in the program of `acquire … release`: the step that it takes next. */
type Step =
  | "try" //        take the lock if it is free
  | "register" //   set the own bit in the bitmap of waiters
  | "recheck" //    look once more: take it if it is free by now
  | "unregister" // got it after all: clear the own bit
  | "asleep" //     wait for the bell; or be aborted
  | "withdraw" //   aborted: clear the own bit
  | "inside" //     in the critical section
  | "release" //    make the lock free
  | "look" //       if it is free and somebody waits, choose whom to wake
  | "claim" //      clear the bit of the chosen one; whoever clears it owes the ring
  | "ring" //       ring the bell of the chosen one
  | "done";

interface Agent {
  step: Step;
  /** Whom it is about to wake. */
  chosen: number;
  /** How often it still wants the lock. */
  rounds: number;
  /** Steps of recovery already taken after its death; undefined while it lives. */
  recovered: number | undefined;
}

const FREE = -1;
const RECOVERY_STEPS = 3;

class State {
  /** The lock's word. */
  owner = FREE;
  /** Bitmap: who wants to be woken. */
  waiters = 0;
  /** Bitmap: whose bell was rung and not yet heard. */
  bells = 0;
  killed = 0;
  agents: Agent[] = [];

  static first({ agents, rounds }: Bounds): State {
    const state = new State();
    state.agents = Array.from({ length: agents }, () => ({ step: "try", chosen: 0, rounds, recovered: undefined }));
    return state;
  }
  copy(): State {
    const copy = new State();
    Object.assign(copy, this);
    copy.agents = this.agents.map((agent) => ({ ...agent }));
    return copy;
  }
  key(): string {
    const agents = this.agents.map((agent) => `${agent.step}${agent.chosen}${agent.rounds}${agent.recovered ?? ""}`);
    return `${this.owner} ${this.waiters} ${this.bells} ${this.killed} ${agents.join(" ")}`;
  }
  agent(index: number): Agent {
    const agent = this.agents[index];
    if (agent === undefined) throw new RangeError(`There is no agent ${index}`);
    return agent;
  }
}

const bit = (index: number): number => 1 << index;

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** One round is over: with the lock taken and released, or given up. */
function finish(agent: Agent): void {
  agent.rounds--;
  agent.chosen = 0;
  agent.step = agent.rounds > 0 ? "try" : "done";
}

/** The program of an agent: what each step does to the shared state, and which step comes next. */
const program: Record<Exclude<Step, "asleep" | "done">, (state: State, me: number, variant: Variant) => void> = {
  try(state, me) {
    const agent = state.agent(me);
    if (state.owner === FREE) {
      state.owner = me;
      agent.step = "inside";
    } else agent.step = "register";
  },
  register(state, me, variant) {
    state.waiters |= bit(me);
    state.agent(me).step = variant === "norecheck" ? "asleep" : "recheck";
  },
  recheck(state, me) {
    const agent = state.agent(me);
    if (state.owner === FREE) {
      state.owner = me;
      agent.step = "unregister";
    } else agent.step = "asleep";
  },
  unregister(state, me) {
    // A wake that is already under way to us gets lost; but we hold the lock, and will wake the next when we release it.
    state.waiters &= ~bit(me);
    state.agent(me).step = "inside";
  },
  withdraw(state, me, variant) {
    const agent = state.agent(me);
    const wasChosen = (state.waiters & bit(me)) === 0;
    state.waiters &= ~bit(me);
    if (wasChosen && variant !== "nopass") agent.step = "look";
    else finish(agent);
  },
  inside(state, me) {
    state.agent(me).step = "release";
  },
  release(state, me) {
    state.owner = FREE;
    state.agent(me).step = "look";
  },
  look(state, me) { // the real one begins at a rotating position, for fairness; for safety any choice will do
    const agent = state.agent(me);
    if (state.owner !== FREE || state.waiters === 0) return finish(agent);
    agent.chosen = lowestBit(state.waiters);
    agent.step = "claim";
  },
  claim(state, me) {
    const agent = state.agent(me);
    const wasWaiting = (state.waiters & bit(agent.chosen)) !== 0;
    state.waiters &= ~bit(agent.chosen);
    agent.step = wasWaiting ? "ring" : "look";
  },
  ring(state, me) {
    const agent = state.agent(me);
    // The bell of a dead process says so (EPIPE): then the wake goes to the next one.
    if (state.agent(agent.chosen).recovered !== undefined) {
      agent.step = "look";
      return;
    }
    state.bells |= bit(agent.chosen);
    finish(agent);
  },
};

/** What the survivors do after a death, step by step (whoever does it; it may die too, and another goes on). */
function recover(state: State, dead: number, variant: Variant): void {
  const agent = state.agent(dead);
  const step = agent.recovered ?? 0;
  if (step === 0 && state.owner === dead) state.owner = FREE;
  if (step === 1) state.waiters &= ~bit(dead);
  if (step === 2 && variant !== "noring") {
    state.agents.forEach((other, index) => {
      if (other.recovered === undefined) state.bells |= bit(index);
    });
  }
  agent.recovered = step + 1;
}

/** Calls `visit` with the name and the outcome of each step that can be taken next. */
function forEachNext(state: State, bounds: Bounds, variant: Variant, visit: (name: string, next: State) => void): void {
  const take = (name: string, change: (next: State) => void) => {
    const next = state.copy();
    change(next);
    visit(name, next);
  };
  state.agents.forEach(({ step, recovered }, me) => {
    if (recovered !== undefined) {
      if (recovered < RECOVERY_STEPS) take(`recover ${me}`, (next) => recover(next, me, variant));
      return;
    }
    if (step === "done") return;
    if (step === "asleep") {
      if (state.bells & bit(me)) {
        take(`${me} hears its bell`, (next) => {
          next.bells &= ~bit(me);
          next.agent(me).step = "register";
        });
      }
      take(`${me} is aborted`, (next) => next.agent(me).step = "withdraw");
    } else take(`${me}: ${step}`, (next) => program[step](next, me, variant));
    if (state.killed < bounds.kills) {
      take(`${me} is killed`, (next) => {
        next.killed++;
        next.agent(me).recovered = 0;
      });
    }
  });
}

/** What is wrong with a state, if anything. */
function violation({ agents, bells }: State): "two inside" | "stuck" | undefined {
  const alive = agents.filter(({ recovered }) => recovered === undefined);
  if (alive.filter(({ step }) => step === "inside" || step === "release").length > 1) return "two inside";
  // Nothing can happen any more but an abort, which nobody promised, and yet somebody sleeps.
  if (agents.some(({ recovered }) => recovered !== undefined && recovered < RECOVERY_STEPS)) return undefined;
  const isAsleep = ({ step, recovered }: Agent, index: number) =>
    recovered === undefined && step === "asleep" && (bells & bit(index)) === 0;
  const isOver = ({ step, recovered }: Agent) => step === "done" || recovered !== undefined;
  const rests = agents.every((agent, index) => isOver(agent) || isAsleep(agent, index));
  return rests && agents.some(isAsleep) ? "stuck" : undefined;
}

/** What exploring found. */
export interface Findings {
  readonly states: number;
  readonly twoInside: number;
  readonly stuck: number;
  /** The fewest steps that lead to a violation. */
  readonly example: readonly string[] | undefined;
}

/** Visits every reachable state. */
export function explore(variant: Variant, bounds: Bounds): Findings {
  const start = State.first(bounds);
  const cameFrom = new Map<string, { readonly key: string; readonly name: string } | undefined>();
  cameFrom.set(start.key(), undefined);
  const pathTo = (key: string): string[] => {
    const from = cameFrom.get(key);
    return from === undefined ? [] : [...pathTo(from.key), from.name];
  };
  const counts = { "two inside": 0, "stuck": 0 };
  let example: string[] | undefined;
  // Breadth first, so that the example is a shortest one.
  for (let level = [start]; level.length > 0;) {
    const nextLevel: State[] = [];
    for (const state of level) {
      const key = state.key();
      const wrong = violation(state);
      if (wrong !== undefined) {
        counts[wrong]++;
        example ??= pathTo(key);
      }
      forEachNext(state, bounds, variant, (name, next) => {
        const nextKey = next.key();
        if (cameFrom.has(nextKey)) return;
        cameFrom.set(nextKey, { key, name });
        nextLevel.push(next);
      });
    }
    level = nextLevel;
  }
  return { states: cameFrom.size, twoInside: counts["two inside"], stuck: counts.stuck, example };
}
