/** A host that has booted with systemd, on which docker commands the Engine of the tests, and on which our units are installed. */
import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureDockerClient } from "../../deploy/lab/docker-client.ts";
import { repositoryRoot } from "../../deploy/lab/paths.ts";
import { ensureSystemdImage } from "../../deploy/lab/systemd-image.ts";
import { waitUntil } from "../../deploy/lab/waiting.ts";
import { type EngineClient, type ExecResult, engineClient } from "../support/engine-client.ts";
import type { SystemOptions } from "../support/scenario.ts";
import { showSocketAsUsual } from "../support/usual-socket.ts";

/** How the last run of a service ended, as systemd sees it. */
export interface ServiceEnd {
  /** What systemd calls it: `success`, `exit-code`, `signal`, `timeout`. */
  readonly result: string;
  /** The exit code of the run, or the signal. */
  readonly status: number;
}

export interface SystemdHost extends AsyncDisposable {
  run(argv: readonly string[]): Promise<ExecResult>;
  /** Installs the units under a name, as the manual says; `timer` is a drop-in. */
  install(name: string, timer?: readonly string[]): Promise<void>;
  /** Writes the environment file of the units with this name. */
  configure(name: string, variables: Readonly<Record<string, string>>): Promise<void>;
  /** Runs the service once and answers how it ended; `systemctl start` itself must agree. */
  start(name: string): Promise<ServiceEnd>;
  /** Waits until the service no longer runs. */
  waitForEnd(name: string): Promise<ServiceEnd>;
  /** What the journal got of the service since it was last asked. */
  journal(name: string): Promise<string>;
}

export async function startSystemdHost(options: SystemOptions): Promise<SystemdHost> {
  const engine = engineClient(options.socket);
  const dir = await mkdtemp(join(options.sharedDir, "host-"));
  const [image] = await Promise.all([
    ensureSystemdImage(engine.api, () => {}),
    showSocketAsUsual(options),
    fillFolder(dir),
  ]);
  const id = await boot(engine, { image, dir, socket: options.socket });
  const [etc, systemd] = ["/etc/mysysconfig", "/etc/systemd/system"];
  const run = (argv: readonly string[]) => engine.exec(id, argv);
  const mustRun = async (...argv: readonly string[]) => {
    const { exitCode, output } = await run(argv);
    if (exitCode !== 0) throw new Error(`"${argv.join(" ")}" exited ${exitCode} on the host:\n${output}`);
    return output;
  };
  const show = async (name: string, property: string) =>
    (await mustRun("systemctl", "show", "--value", "-p", property, `${name}.service`)).trim();
  await writeFile(join(dir, "docker.service"), dockerService);
  await mustRun("cp", "/mnt/docker.service", systemd);
  const waitForEnd = (name: string) =>
    waitUntil(`${name} to end`, 60_000, async () => {
      if (!["inactive", "failed"].includes(await show(name, "ActiveState"))) return undefined;
      return {
        result: await show(name, "Result"),
        status: Number(await show(name, "ExecMainStatus")),
      };
    });
  return {
    run,
    waitForEnd,
    async install(name, timer = []) {
      const from = "/root/systemd/mysysconfig";
      for (const kind of ["service", "timer"])
        await mustRun("install", "-m", "644", `${from}.${kind}`, `${systemd}/${name}.${kind}`);
      await mkdir(join(dir, `${name}.timer.d`));
      await writeFile(join(dir, `${name}.timer.d`, "quick.conf"), ["[Timer]", ...timer, ""].join("\n"));
      await writeFile(join(dir, keeper(name)), `[Unit]\nAfter=${name}.service\n`);
      await mustRun("cp", "-r", `/mnt/${name}.timer.d`, `/mnt/${keeper(name)}`, systemd);
      await mustRun("systemctl", "daemon-reload");
      // A unit that is not referred to is forgotten when it ends well, and how it ended with it.
      await mustRun("systemctl", "start", keeper(name));
    },
    async configure(name, variables) {
      const lines = Object.entries(variables).map(([variable, value]) => `${variable}=${value}\n`);
      await writeFile(join(dir, `${name}.env`), lines.join(""));
      await mustRun("install", "-D", "-m", "600", `/mnt/${name}.env`, `${etc}/${name}.env`);
    },
    async start(name) {
      const { exitCode, output } = await run(["systemctl", "start", `${name}.service`]);
      const end = await waitForEnd(name);
      if ((exitCode === 0) !== (end.result === "success"))
        throw new Error(`systemctl start exited ${exitCode}, but the service says ${end.result}:\n${output}`);
      return end;
    },
    async journal(name) {
      await mustRun("journalctl", "--sync");
      const cursor = `--cursor-file=/root/${name}.cursor`;
      return await mustRun("journalctl", "-q", "-o", "cat", "-u", `${name}.service`, cursor);
    },
    async [Symbol.asyncDispose]() {
      await engine.remove(id);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The Engine is elsewhere; its unit is here for the units that follow it. */
const dockerService = "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n";

const keeper = (name: string) => `keeper-of-${name}.target`;

/** What the host sees at /root: our units, and a docker client in the place that the units name. */
async function fillFolder(dir: string): Promise<void> {
  const { docker } = await ensureDockerClient();
  await copyFile(docker, join(dir, "docker"));
  await cp(join(repositoryRoot, "deploy", "systemd"), join(dir, "systemd"), { recursive: true });
}

interface Boot {
  readonly image: string;
  readonly dir: string;
  readonly socket: string;
}

async function boot(engine: EngineClient, { image, dir, socket }: Boot): Promise<string> {
  const { Id: id } = await engine.api.call<{ Id: string }>("POST", "/containers/create", {
    json: {
      Image: image,
      Hostname: "prod-1",
      HostConfig: {
        CapAdd: ["SYS_ADMIN", "NET_ADMIN"],
        SecurityOpt: ["seccomp=unconfined"],
        // With both it mounts control groups of its own, and makes none among those of this machine.
        CgroupnsMode: "private",
        Tmpfs: { "/run": "", "/run/lock": "", "/tmp": "", "/sys/fs/cgroup": "" },
        Binds: [
          `${socket}:/var/run/docker.sock`,
          `${dir}/docker:/usr/bin/docker:ro`,
          `${dir}/systemd:/root/systemd:ro`,
          `${dir}:/mnt:ro`,
        ],
      },
    },
  });
  await engine.post(`/containers/${id}/start`);
  await waitUntil("the host to have booted", 60_000, async () => {
    const { output } = await engine.exec(id, ["systemctl", "is-system-running"]);
    if (/degraded|maintenance/.test(output)) throw new Error(`the host is ${output}`);
    return output.trim() === "running" ? true : undefined;
  });
  return id;
}
