import { describe, expect, test } from "vitest";
import { idiomTable } from "../../../src/unit/exec-idioms.ts";
import { findingsOf, underlinedIn, unitWith, workloadOf } from "./support.ts";

describe("the docker run line", () => {
  test.for([
    "/usr/bin/docker run busybox:1 echo hi",
    "docker run busybox:1 echo hi",
    "/opt/bin/docker container run busybox:1 echo hi",
    "+/usr/bin/docker run busybox:1 echo hi",
    "!!/usr/bin/docker run busybox:1 echo hi",
    "@/usr/bin/docker web run busybox:1 echo hi",
    "'/usr/bin/docker' \"run\" busybox:1 echo hi",
    "/usr/bin/docker run \\\n# comment\n  busybox:1 \\\n  echo hi",
    "/bin/false\nExecStart=\nExecStart=/usr/bin/docker run busybox:1 echo hi",
  ])("must be found in ExecStart=%s", (line) => {
    const { container, kind, containerNames } = workloadOf(`[Service]\nExecStart=${line}\n`);
    expect(container).toMatchObject({ image: "busybox:1", command: ["echo", "hi"] });
    expect({ kind, containerNames }).toEqual({ kind: "service", containerNames: ["web"] });
  });

  test.for([
    { line: "/usr/bin/python app.py", underlined: "/usr/bin/python", hint: "units here run containers" },
    { line: "podman run x", underlined: "podman", hint: "the flags of podman are not read" },
    {
      line: "/usr/bin/sudo docker run x",
      underlined: "/usr/bin/sudo",
      hint: "begin the line with docker run itself",
    },
    { line: "/usr/bin/docker-compose up", underlined: "/usr/bin/docker-compose", hint: "NAME.compose.yaml" },
    { line: "docker compose up", underlined: "compose", hint: "NAME.compose.yaml" },
    {
      line: "docker start -a web",
      underlined: "start",
      hint: "write the docker run line that made the container",
    },
    { line: "docker create web", underlined: "create", hint: "write docker run" },
    { line: "docker exec web sh", underlined: "exec", hint: "write docker run" },
    { line: "docker", underlined: "docker", hint: "write docker run [flags] image" },
    { line: "$DOCKER run x", underlined: "$DOCKER", hint: "write the path of the program" },
    { line: "docker run", underlined: "run", hint: "write docker run [flags] image [command]" },
    { line: "docker run --rm", underlined: "--rm", hint: "write docker run [flags] image [command]" },
    { line: "docker run a:1 ; docker run b:1", underlined: "docker", hint: "one unit for each container" },
    { line: "docker -H tcp://x:1 run a:1", underlined: "-H", hint: "DOCKER_HOST" },
    { line: "docker --host=tcp://x:1 run a:1", underlined: "--host=tcp://x:1", hint: "DOCKER_HOST" },
    {
      line: "docker --log-level debug run a:1",
      underlined: "--log-level",
      hint: "the docker command is not used",
    },
    { line: "docker -D run a:1", underlined: "-D", hint: "the docker command is not used" },
  ])("must report $line", ({ line, underlined, hint }) => {
    const text = `[Service]\nExecStart=${line}\n`;
    expect(underlinedIn(text)).toEqual([underlined]);
    expect(findingsOf(text)[0]).toContain(hint);
  });

  test("must report a unit without ExecStart= at its section", () => {
    expect(findingsOf("[Unit]\nDescription=x\n[Service]\nType=simple\n")[0]).toMatch(
      /^error 3:1 the unit has no ExecStart=/,
    );
    expect(findingsOf("")[0]).toMatch(/^error 1:1 the unit has no ExecStart=/);
  });

  test("must report two containers in two lines", () => {
    const text = "[Service]\nType=oneshot\nExecStart=docker run a:1\nExecStart=docker run b:1\n";
    expect(findingsOf(text)).toEqual([expect.stringContaining("error 4:11 a unit runs one container")]);
  });

  test("must warn about an ignored failure of a service and refuse it for a job", () => {
    const text = (service: string) => `[Service]\n${service}ExecStart=-docker run busybox:1\n`;
    expect(findingsOf(text(""))[0]).toMatch(/^warning 2:1 the prefix "-" of ExecStart= has no effect/);
    expect(findingsOf(text("Type=oneshot\n"))[0]).toMatch(/^error 3:1 /);
  });
});

describe("shell lines", () => {
  test.for([
    {
      script: "/bin/sh /opt/start.sh",
      underlined: "/opt/start.sh",
      hint: "write /usr/bin/docker run … without a shell",
    },
    {
      script: "/bin/sh -c '/opt/start.sh'",
      underlined: "'/opt/start.sh'",
      hint: "units here run containers",
    },
    {
      script: "/bin/sh -c 'docker start -a web'",
      underlined: "docker start",
      hint: "units here run containers",
    },
    {
      script: "/bin/sh -c 'while true; do x; done'",
      underlined: "'while true; do x; done'",
      hint: "services find each other by name",
    },
    {
      script: "/bin/bash -c 'while docker inspect web; do etcdctl set /web up; sleep 45; done'",
      underlined: "docker inspect",
      hint: "services find each other by name",
    },
  ])("must report $script at the wrapped command", ({ script, underlined, hint }) => {
    const text = `[Service]\nExecStart=${script}\n`;
    expect(underlinedIn(text)).toEqual([underlined]);
    expect(findingsOf(text)[0]).toContain(hint);
  });

  test("must be one finding in a sidekick, whatever else runs on the host", () => {
    const text =
      "[Service]\nExecStartPre=-/usr/bin/etcdctl rm /web\nExecStart=/bin/sh -c 'while true; do etcdctl set /web up; sleep 45; done'\nExecStop=/usr/bin/etcdctl rm /web\n";
    expect(findingsOf(text)).toEqual([
      expect.stringMatching(
        /^error 3:22 ExecStart= runs a shell without a container: the unit is a sidekick and no workload \| /,
      ),
    ]);
  });

  test.for([
    {
      line: "ExecStartPre=/bin/sh -c 'docker history a:1 >/dev/null || docker pull a:1'",
      hint: "pulls images and replaces containers by itself",
    },
    { line: "ExecStartPre=/bin/sh -c 'mkdir -p /data'", hint: "no command is run on the host" },
    {
      line: "ExecStop=/bin/bash -c 'nsenter $(docker inspect x)'",
      hint: "see --stop-signal and --stop-timeout",
    },
  ])("must be refused in $line", ({ line, hint }) => {
    expect(findingsOf(unitWith("", `${line}\n`))).toEqual([
      expect.stringMatching(new RegExp(`^error 2:.*${hint}`)),
    ]);
  });
});

describe("commands around the run", () => {
  test.for([
    "ExecStartPre=-/usr/bin/docker kill web",
    "ExecStartPre=-/usr/bin/docker rm -f web",
    "ExecStartPre=-docker rm --force --volumes web",
    "ExecStartPre=-docker stop web ; -docker container rm -v web",
    "ExecStartPre=docker pull busybox:1",
    "ExecStartPre=docker image pull -q docker.io/library/busybox:1",
    "ExecStartPre=-docker volume create data",
    "ExecStartPre=-docker rm %N",
    "Environment=ME=web\nExecStartPre=-docker rm ${ME}",
    "ExecStop=/usr/bin/docker stop web",
    "ExecStop=docker kill --signal=TERM web\nExecStop=-docker rm web",
    "ExecStopPost=-/usr/bin/docker rm -f web",
    "ExecReload=docker kill -s HUP web",
    "ExecReload=docker exec web nginx -s reload",
    "ExecReload=docker restart -t 5 web",
  ])("must be taken over: %s", (lines) => {
    expect(findingsOf(unitWith("-v data:/data", `${lines}\n`))).toEqual([]);
  });

  test.for([
    {
      line: "ExecStartPre=/bin/mkdir -p /data",
      underlined: "/bin/mkdir",
      hint: "put the command into the image",
    },
    { line: "ExecStartPre=docker rm other", underlined: "other", hint: "write web, or remove the line" },
    { line: "ExecStartPre=docker pull busybox:2", underlined: "busybox:2", hint: "pulled anyway" },
    {
      line: "ExecStartPre=docker volume create other",
      underlined: "other",
      hint: "volumes of -v are made anyway",
    },
    {
      line: "ExecStartPre=docker network create front",
      underlined: "network",
      hint: "declare the network in a compose file",
    },
    { line: "ExecStartPre=docker login -u x", underlined: "login", hint: "credentials" },
    { line: "ExecStartPre=docker run a:1", underlined: "run", hint: "a unit of its own" },
    {
      line: "ExecStartPost=docker network connect back web",
      underlined: "network",
      hint: "another --network",
    },
    { line: "ExecStartPost=/usr/bin/etcdctl set x", underlined: "/usr/bin/etcdctl", hint: "remove the line" },
    { line: "ExecStop=docker pull busybox:1", underlined: "pull", hint: "remove the line" },
    { line: "ExecStop=docker stop", underlined: "stop", hint: "" },
    { line: "ExecStop=docker stop -t soon web", underlined: "soon", hint: "" },
    { line: "ExecStop=docker kill -s NO web", underlined: "NO", hint: "" },
    { line: "ExecStop=docker stop --foo web", underlined: "--foo", hint: "" },
    { line: "ExecStop=docker -H x stop web", underlined: "-H", hint: "DOCKER_HOST" },
    { line: "ExecReload=/bin/kill -HUP $MAINPID", underlined: "/bin/kill", hint: "remove the line" },
  ])("must be reported: $line", ({ line, underlined, hint }) => {
    const text = unitWith("-v data:/data", `${line}\n`);
    expect(underlinedIn(text)).toEqual([underlined]);
    expect(findingsOf(text)[0]).toContain(hint);
  });

  test("must be read for every setting of the table", () => {
    for (const key of Object.keys(idiomTable)) {
      expect(findingsOf(unitWith("", `${key}=/bin/true\n`))[0]).toMatch(
        /^error 2:.* runs "\/bin\/true" on the host/,
      );
    }
  });

  test("must not be compared with a container that could not be read", () => {
    const text = "[Service]\nExecStartPre=docker rm other\nExecStart=/bin/sh -c 'docker run x | y'\n";
    expect(findingsOf(text)).toHaveLength(1);
  });
});
