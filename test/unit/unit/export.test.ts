import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DiagnosticSink } from "../../../src/lib/diagnostic.ts";
import type { ContainerSpec, Mount, WorkloadSpec } from "../../../src/model/workload.ts";
import { generateUnits, hostFilesFolder, type SystemState } from "../../../src/unit/export/generated-unit.ts";
import { quoteAssignment, quoteWord } from "../../../src/unit/export/quote-word.ts";
import { writtenUnits } from "../../../src/unit/export/written-unit.ts";
import { Room } from "../../../src/unit/room.ts";
import { expandSpecifiers } from "../../../src/unit/specifiers.ts";
import { unitNameOf } from "../../../src/unit/unit-name.ts";
import { expandVariables } from "../../../src/unit/variables.ts";
import { splitCommandLines } from "../../../src/unit/words.ts";
import { workloadOf as declared } from "../desired/builders.ts";
import { compileText, containerOf, makeContext, unitWith, workloadOf } from "./support.ts";

const nothing: SystemState = { workloads: [], networks: [], volumes: [], fileSets: [] };

/** What the generated unit of a container is compiled to. */
function again(container: ContainerSpec): ContainerSpec {
  const [unit] = generateUnits(declared("web", { containerNames: ["web"], container }), nothing);
  return workloadOf(unit?.text ?? "", { path: "units/web.service" }).container;
}

describe("a generated unit", () => {
  test.for([
    "",
    "--privileged --init --init=false -t -i",
    "-e A=1 -e 'B=x y' -e \"C=100%% $$5\" -e D= --label a=b --label c=",
    "--user 1000:1000 --group-add 5 --workdir /srv --hostname h --domainname d",
    "--stop-timeout=-1",
    "--stop-signal SIGINT --stop-timeout 7",
    "--entrypoint /bin/sh",
    '--entrypoint ""',
    "-p 80:80 -p 127.0.0.1:53:53/udp -p 8000-8001:90-91 -p 99 -p [::1]:7:7 --expose 5 -P",
    "--cap-add NET_ADMIN --cap-drop ALL --security-opt no-new-privileges --read-only",
    "--memory 64m --memory-reservation 32m --memory-swap 128m --cpus 1.5 --pids-limit 9 --oom-score-adj 5",
    "--cpu-shares 5 --cpuset-cpus 0-1 --cpuset-mems 0 --blkio-weight 100 --shm-size 5m",
    "--cpu-period 5000 --cpu-quota 2000",
    "--dns 1.1.1.1 --dns-search a --dns-option b --add-host a:1.2.3.4",
    "--ulimit nofile=5:6 --sysctl net.core.somaxconn=5 --device /dev/null:/dev/x:r --device-cgroup-rule 'c 1:1 r'",
    "--log-driver json-file --log-opt max-size=1m --runtime runc",
    "--ipc host --pid host --uts host --userns host --cgroupns host --cgroup-parent /x",
    "--network host",
    "--network none",
    "--network container:other",
    "--network front",
    "--network name=front,alias=a,alias=b,ip=10.0.0.5 --network back",
    "--mac-address 02:42:ac:11:00:02",
    "--health-cmd 'test -e /x' --health-interval 5s --health-timeout 1m --health-retries 4 --health-start-period 3s",
    "--no-healthcheck",
    "-v data:/data -v data2:/d2:ro -v /srv:/srv -v /etc/x:/etc/x:ro,z -v /anonymous",
    "--mount type=bind,source=/a,target=/b,readonly --mount type=bind,source=/c,target=/d,bind-propagation=rslave",
    "--mount type=volume,source=vol,target=/v,volume-nocopy,readonly --tmpfs /t:size=5m --tmpfs /u",
    "--volumes-from other --volumes-from third:ro --link a:b --platform linux/amd64",
  ])("must be compiled to the container that it was made of: %s", (flags) => {
    const container = containerOf(flags);
    expect(again(container)).toEqual(container);
  });

  test.for([
    ["sh", "-c", "echo \"$HOME\" 100% \\ 'x'"],
    ["", " ", "a\tb", "a\nb", "é😀", "\u0001"],
    ["-x", "--", "{{.Node}}", ";", "*", "#", "$$", "%%"],
  ])("must have every argument as it is: %j", (command) => {
    const container = { ...containerOf(""), command };
    expect(again(container).command).toEqual(command);
  });

  test("must have the program of an entrypoint, and its further words before the command", () => {
    const container: ContainerSpec = { ...containerOf(""), entrypoint: ["a", "b c"], command: ["d"] };
    expect(again(container)).toMatchObject({ entrypoint: ["a"], command: ["b c", "d"] });
  });

  test("must have a health check of words as a line of the shell", () => {
    const healthcheck = { kind: "command", test: ["CMD", "test", "-e", "it's here"] } as const;
    expect(again({ ...containerOf(""), healthcheck }).healthcheck).toMatchObject({
      test: ["CMD-SHELL", "test -e 'it'\\''s here'"],
    });
  });

  test("must mount files of the repository from a folder of the host, and say which", () => {
    const mounts: Mount[] = [{ kind: "files", fileSet: "set-1", path: "web.conf", target: "/etc/web.conf" }];
    const workload = declared("shop/web", { containerNames: ["shop-web-1"], container: { mounts } });
    const file = { path: "web.conf", mode: 0o444, uid: 0, gid: 0, content: new Uint8Array() };
    const state = { ...nothing, fileSets: [{ name: "set-1", files: [file] }] };
    const [unit] = generateUnits(workload, state);
    expect(unit?.name).toBe("shop-web-1.service");
    expect(unit?.text).toContain(`# Needs the file of the repository ${hostFilesFolder}/set-1/web.conf\n`);
    expect(unit?.text).toContain(
      `--mount type=bind,source=${hostFilesFolder}/set-1/web.conf,target=/etc/web.conf,readonly`,
    );
  });

  test("must name others by their units and containers", () => {
    const host = declared("shop/db", { containerNames: ["shop-db-1"] });
    const workload = declared("shop/web", {
      containerNames: ["shop-web-1", "shop-web-2"],
      container: { network: { kind: "workload", workload: "shop/db" } },
      dependsOn: [
        { workload: "shop/db", condition: "healthy", required: true, restart: true },
        { workload: "cache", condition: "started", required: false, restart: false },
      ],
    });
    const units = generateUnits(workload, { ...nothing, workloads: [host, workload] });
    expect(units.map(({ name }) => name)).toEqual(["shop-web-1.service", "shop-web-2.service"]);
    expect(units[1]?.text).toContain("--network container:shop-db-1");
    const lines = units[0]?.text.split("\n").filter((line) => /^(?:After|Requires|Wants|PartOf)=/.test(line));
    expect(lines).toEqual([
      "Requires=docker.service",
      "After=docker.service",
      "After=shop-db-1.service",
      "Requires=shop-db-1.service",
      "PartOf=shop-db-1.service",
      "After=cache.service",
      "Wants=cache.service",
    ]);
  });

  test("must be a job when the workload is one", () => {
    const [unit] = generateUnits(declared("shop/migrate", { kind: "job" }), nothing);
    expect(unit?.text).toContain("Type=oneshot\nRemainAfterExit=yes\nRestart=on-failure\n");
  });
});

describe("a quoted word", () => {
  const scope = {
    path: "units/web.service",
    name: unitNameOf("units/web.service"),
    context: makeContext(),
    sink: new DiagnosticSink(),
    usedPaths: new Set<string>(),
    room: new Room(new DiagnosticSink()),
  };
  const expansion = { environment: { variables: new Map<string, string>(), undeclaredFiles: [] }, scope };

  test("must be read back as it was, whatever it is", () => {
    // No file can hold the character of code 0, and no text half of a pair.
    const text = fc.string({ unit: "binary" }).filter((value) => !value.includes("\0"));
    fc.assert(
      fc.property(text, (value) => {
        const source = { file: "x", text: quoteWord(value), segments: [{ start: 0, line: 1, column: 1 }] };
        const [words = []] = splitCommandLines(source, scope.sink);
        const read = expandVariables(
          words.map((word) => expandSpecifiers(word, scope)),
          expansion,
        );
        expect(read.map((word) => word.text)).toEqual([value]);
        expect(scope.sink.diagnostics).toEqual([]);
      }),
    );
  });

  test("must be an assignment in Environment=", () => {
    const value = 'a "b" $C 100% \\ é\n';
    const text = `[Service]\nEnvironment=${quoteAssignment("A", value)}\nExecStart=docker run --name web -e A busybox:1\n`;
    expect(workloadOf(text).container.environment).toEqual({ A: value });
  });
});

describe("a unit of the configuration", () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  const treeOf = (files: Readonly<Record<string, string>>) =>
    new Map(
      Object.entries(files).map(([path, text]) => [path, { path, content: encode(text), executable: false }]),
    );

  function written(
    workload: Partial<WorkloadSpec> & { readonly key: string },
    files: Readonly<Record<string, string>>,
  ) {
    const { key, ...parts } = workload;
    return writtenUnits(declared(key, parts), treeOf(files), nothing);
  }

  test("must have its drop-ins behind it, in their order", () => {
    const files = {
      "units/web@.service": "[Service]\nExecStart=docker run a:%i\n",
      "units/web@.service.d/20.conf": "[Service]\nRestart=always",
      "units/web@1.service.d/10.conf": "[Unit]\nDescription=x\n",
    };
    expect(written({ key: "web@1" }, files)).toEqual([
      {
        name: "web@1.service",
        text: `# web@1.service, made of units/web@.service, units/web@1.service.d/10.conf, units/web@.service.d/20.conf

[Service]
ExecStart=docker run a:%i

# units/web@1.service.d/10.conf
[Unit]
Description=x

# units/web@.service.d/20.conf
[Service]
Restart=always
`,
      },
    ]);
  });

  test("must have the variables of files of the repository", () => {
    const files = {
      "units/web.service":
        "[Service]\nEnvironment=A=0\nEnvironmentFile=./a.env\nEnvironmentFile=-\\\n  ./none.env\nEnvironmentFile=/etc/x\nPassEnvironment=T U\nExecStart=docker run -e A a:1\n",
      "units/a.env": "A=1\nB='x y'\n",
    };
    const [unit] = written({ key: "web" }, files);
    expect(unit?.text).toBe(`# web.service, made of units/web.service
# Needs variables of systemd itself (systemctl set-environment): T U

[Service]
Environment=A=0
# EnvironmentFile=./a.env
# EnvironmentFile=-
#   ./none.env
EnvironmentFile=/etc/x
PassEnvironment=T U
ExecStart=docker run -e A a:1

# EnvironmentFile= of the repository
[Service]
Environment="A=1"
Environment="B=x y"
`);
  });

  test("must not be there for a service of a stack", () => {
    expect(written({ key: "shop/web" }, { "units/web.service": "[Service]\n" })).toEqual([]);
  });

  test("must say the same to us with its drop-ins in one file", () => {
    const files = {
      "units/web.service": unitWith("-e A -p 80:80", "Environment=A=1\nRestart=no\n"),
      "units/web.service.d/a.conf": "[Service]\nRestart=always\nEnvironment=A=2\n",
    };
    const { value } = compileText(files["units/web.service"], { files });
    const [unit] = written({ key: "web" }, files);
    const once = compileText(unit?.text ?? "").value;
    expect(once?.workloads[0]?.container).toEqual(value?.workloads[0]?.container);
  });
});
