import type { DesiredState } from "../../model/desired-state.ts";
import type { Dependency, RestartPolicy, WorkloadSpec } from "../../model/workload.ts";
import { quoteWord } from "./quote-word.ts";
import { type RunNeeds, runWords } from "./run-line.ts";

/** A unit as systemd would have it in a folder of its own. */
export interface InstallableUnit {
  /** `web.service` */
  readonly name: string;
  readonly text: string;
}

/** Where the comments of a unit say that files of the repository are to be put. */
export const hostFilesFolder = "/etc/mysysconfig/files";

export type SystemState = Pick<DesiredState, "workloads" | "networks" | "volumes" | "fileSets">;

/**
 * Units that run what a workload is compiled to, one for each container. What systemd would do of its own is left to it:
 * starting again, waiting for others.
 */
export function generateUnits(workload: WorkloadSpec, state: SystemState): readonly InstallableUnit[] {
  return workload.containerNames.map((name) => ({
    name: `${name}.service`,
    text: generateUnit(workload, name, state),
  }));
}

function generateUnit(workload: WorkloadSpec, name: string, state: SystemState): string {
  const { container, origin, kind } = workload;
  const needs: RunNeeds = {
    containerOf: (key) => containersOf(key, state)[0] ?? key,
    folderOf: (fileSet) => `${hostFilesFolder}/${fileSet}`,
  };
  const line = commandLine(runWords(name, container, needs));
  const sections = [
    [
      "[Unit]",
      `Description=${workload.key}`,
      "Requires=docker.service",
      "After=docker.service",
      ...dependencyLines(workload.dependsOn, state),
    ],
    [
      "[Service]",
      ...(kind === "job" ? ["Type=oneshot", "RemainAfterExit=yes"] : []),
      ...restartLines(container.restart, kind),
      "TimeoutStartSec=0",
      ...stopLines(container.stopTimeoutSeconds),
      `ExecStartPre=-/usr/bin/docker rm -f ${name}`,
      `ExecStart=${line}`,
      `ExecStop=/usr/bin/docker stop ${name}`,
    ],
    ["[Install]", "WantedBy=multi-user.target"],
  ];
  const comments = [`Made of ${origin.file}.`, ...neededThings(workload, state)];
  const head = comments.map(comment).join("\n");
  return `${head}\n${sections.map((lines) => `${lines.join("\n")}\n`).join("\n")}`;
}

/** What has to be there before, because no line of a unit makes it. */
function neededThings({ container }: WorkloadSpec, state: SystemState): readonly string[] {
  const networks = container.network.kind === "networks" ? container.network.attachments : [];
  const sets = new Set(container.mounts.flatMap((mount) => (mount.kind === "files" ? [mount.fileSet] : [])));
  return [
    ...networks.flatMap(({ network: name }) => {
      const declared = state.networks.find((network) => network.name === name);
      const driver = declared?.driver === undefined ? "" : ` --driver ${declared.driver}`;
      return declared?.external === true ? [] : [`Needs: docker network create${driver} ${name}`];
    }),
    ...state.fileSets
      .filter(({ name }) => sets.has(name))
      .flatMap(({ name, files }) =>
        files.map((file) => `Needs the file of the repository ${hostFilesFolder}/${name}/${file.path}`),
      ),
    ...(container.healthcheck === undefined
      ? []
      : ["systemd does not look at the health check: a container that is unhealthy goes on."]),
  ];
}

function commandLine(words: readonly string[]): string {
  const quoted = words.map(quoteWord);
  const head = quoted.slice(0, 5).join(" ");
  const rest = quoted.slice(5);
  const lines: string[] = [];
  for (const word of rest) {
    const last = lines.at(-1);
    const isValue = last !== undefined && /^-/.test(last) && !/[ =]/.test(last) && !word.startsWith("-");
    if (isValue) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return [head, ...lines.map((line) => `    ${line}`)].join(" \\\n");
}

/** Times are systemd's own; the Engine's number of retries is a limit of starts. */
function restartLines({ name, maximumRetryCount = 0 }: RestartPolicy, kind: WorkloadSpec["kind"]): string[] {
  if (name === "no") return [];
  const isFailure = name === "on-failure" || kind === "job";
  const limit =
    isFailure && maximumRetryCount > 0 ? [`# at most ${maximumRetryCount} times on an Engine`] : [];
  return [...limit, `Restart=${isFailure ? "on-failure" : "always"}`];
}

/** `docker stop` waits by itself; systemd, which gives it a minute and a half, must not be faster. */
function stopLines(seconds: number | undefined): readonly string[] {
  if (seconds === undefined) return [];
  return [`TimeoutStopSec=${seconds < 0 ? "infinity" : seconds + 10}`];
}

function dependencyLines(dependencies: readonly Dependency[], state: SystemState): readonly string[] {
  return dependencies.flatMap(({ workload, required, restart }) => {
    const units = unitsOf(workload, state).join(" ");
    if (units === "") return [];
    return [
      `After=${units}`,
      ...(required ? [`Requires=${units}`] : [`Wants=${units}`]),
      ...(restart ? [`PartOf=${units}`] : []),
    ];
  });
}

/** The units that stand for a workload: its own file's, or those that are generated for it. */
function unitsOf(key: string, state: SystemState): readonly string[] {
  const isUnit = !key.includes("/");
  return isUnit ? [`${key}.service`] : containersOf(key, state).map((name) => `${name}.service`);
}

function containersOf(key: string, { workloads }: SystemState): readonly string[] {
  return workloads.find((workload) => workload.key === key)?.containerNames ?? [];
}

/** A comment that cannot reach the next line. */
export function comment(text: string): string {
  return `# ${text.replace(/[\r\n]+/g, " ")}`;
}
