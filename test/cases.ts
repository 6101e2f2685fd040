/**
 * Situations that a tool like this meets, by number, what happens in each, and the test that shows it. `docs/cases.md`
 * is made of them. The numbers are those in the titles of tests; 151 to 166 are facts of Swarm, W1 to W16.
 */
import { diffCases } from "./cases/differences.ts";
import { failureCases } from "./cases/failures.ts";
import { lifecycleCases } from "./cases/lifecycle.ts";
import { loopCases } from "./cases/loop.ts";
import { nameCases } from "./cases/names.ts";
import { networkCases } from "./cases/networks.ts";
import { storageCases } from "./cases/storage.ts";
import { swarmCases, swarmFacts } from "./cases/swarm.ts";
import { timerCases } from "./cases/timers.ts";

export interface ProvenCase {
  readonly number: number;
  readonly situation: string;
  readonly outcome: string;
  /** Path below `test/`, without `.test.ts`, and a part of the test's title as it stands in the file. */
  readonly test: readonly [file: string, title: string];
}

export interface OpenCase {
  readonly number: number;
  readonly situation: string;
  readonly outcome: string;
  /** Why no test shows it: it cannot happen here, or it is not done yet. */
  readonly open: string;
}

export type Case = ProvenCase | OpenCase;

export interface CaseChapter {
  readonly title: string;
  readonly cases: readonly Case[];
}

export const chapters: readonly CaseChapter[] = [
  { title: "Names, identity and interrupted runs", cases: nameCases },
  { title: "The gate, failures and the way back", cases: failureCases },
  { title: "Ports and networks", cases: networkCases },
  { title: "Volumes, paths of the host and images", cases: storageCases },
  { title: "Dependencies, jobs and what happens by hand", cases: lifecycleCases },
  { title: "What is no difference", cases: diffCases },
  { title: "Swarm", cases: swarmCases },
  { title: "The run, removals and secrets", cases: loopCases },
  { title: "Jobs with timers", cases: timerCases },
  { title: "Facts of Swarm", cases: swarmFacts },
];
