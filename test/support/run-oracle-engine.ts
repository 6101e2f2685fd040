import type { DockerClient } from "../../deploy/lab/docker-client.ts";
import { type EngineApi, EngineError } from "../../deploy/lab/engine-api.ts";
import { combinationCases, flagCases, lineCases, type RunCase } from "../unit/unit/run-oracle/cases.ts";
import { ourRun } from "../unit/unit/run-oracle/ours.ts";
import {
  type Body,
  isTakenBy,
  type RunAnswer,
  type RunAnswers,
  recordRuns,
  wholeBody,
} from "./run-oracle-recorder.ts";

/** Asks the client about all lines, and the Engine about those that the client takes and we refuse. */
export async function recordAll(client: DockerClient, api: EngineApi, image: string): Promise<RunAnswers> {
  await using engine = await JudgingEngine.open(api, image);
  const written = [...flagCases, ...lineCases];
  const first = await judge(await recordRuns(written, client), written, engine);
  const combinations = combinationCases((name) => isTakenBy(first, name));
  const second = await judge(await recordRuns(combinations, client), combinations, engine);
  return { ...first, answers: new Map([...first.answers, ...second.answers]) };
}

async function judge(
  runs: RunAnswers,
  cases: readonly RunCase[],
  engine: JudgingEngine,
): Promise<RunAnswers> {
  const answers = new Map(runs.answers);
  for (const one of cases) {
    const answer = runs.answers.get(one.name);
    if (answer?.body === undefined || one.differs !== undefined || ourRun(one).refused === undefined)
      continue;
    const refusal = await engine.refusal(wholeBody(runs.bare, answer));
    if (refusal !== undefined) answers.set(one.name, { ...answer, engine: refusal });
  }
  return { ...runs, answers };
}

/** What lines name and an Engine has to have: in its place stands something of a name that nobody else uses. */
const standIns: readonly (readonly [RegExp, string])[] = [
  [/"container:(?:db|other|web|vpn)"/g, '"container:oracle-db"'],
  [/"(?:db|other)((?::[a-z]+)?)"/g, '"oracle-db$1"'],
  [/"front"/g, '"oracle-front"'],
  [/"back"/g, '"oracle-back"'],
];

/** What an Engine says to the bodies that the docker client sends to it. */
class JudgingEngine implements AsyncDisposable {
  private readonly api: EngineApi;
  private readonly image: string;

  private constructor(api: EngineApi, image: string) {
    this.api = api;
    this.image = image;
  }

  /** @param image with a shell, that is there */
  static async open(api: EngineApi, image: string): Promise<JudgingEngine> {
    const engine = new JudgingEngine(api, image);
    await engine.clear();
    for (const [index, name] of ["oracle-front", "oracle-back"].entries()) {
      const pools = [{ Subnet: `10.14${index}.0.0/24` }, { Subnet: `fd00:14${index}::/64` }];
      const json = { Name: name, EnableIPv6: true, IPAM: { Config: pools } };
      await api.call("POST", "/networks/create", { json });
    }
    const json = { Image: image, Cmd: ["/bin/sleep", "1000"], HostConfig: { IpcMode: "shareable" } };
    await api.call("POST", "/containers/create", { query: { name: "oracle-db" }, json });
    await api.call("POST", "/containers/oracle-db/start");
    return engine;
  }

  /** When it refuses to make a container of this body; `undefined` when the container runs. */
  async refusal(whole: Body): Promise<RunAnswer["engine"]> {
    const { name, platform, ...body } = whole;
    const text = standIns.reduce(
      (json, [found, instead]) => json.replace(found, instead),
      JSON.stringify(body),
    );
    const own = { Image: this.image, Cmd: ["/bin/sleep", "1000"], Entrypoint: null };
    const json = { ...(JSON.parse(text) as Body), ...own };
    const isNamed = typeof name === "string" && name !== "";
    const query = {
      name: isNamed ? `${name}` : "oracle-one",
      ...(platform ? { platform: String(platform) } : {}),
    };
    if (isNamed && name.length > 1) query.name = `oracle-${name}`;
    let id: string;
    try {
      id = (await this.api.call<{ Id: string }>("POST", "/containers/create", { query, json })).Id;
    } catch (error) {
      if (error instanceof EngineError) return "create";
      throw error;
    }
    try {
      await this.api.call("POST", `/containers/${id}/start`);
      return undefined;
    } catch {
      // It may break the connection instead of an answer.
      return "start";
    } finally {
      await this.api.call("DELETE", `/containers/${id}`, { query: { force: "true", v: "true" } });
    }
  }

  private async clear(): Promise<void> {
    const paths = [
      "/containers/oracle-db",
      "/containers/oracle-one",
      "/networks/oracle-front",
      "/networks/oracle-back",
    ];
    for (const path of paths) {
      const query = path.startsWith("/containers") ? { force: "true" } : {};
      await this.api.call("DELETE", path, { query }).catch(() => {});
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear();
  }
}
