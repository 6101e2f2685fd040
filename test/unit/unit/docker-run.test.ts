import { describe, expect, test } from "vitest";
import { compileText, containerOf, findingsOf, underlinedIn, unitWith, workloadOf } from "./support.ts";

describe("the words of a docker run line", () => {
  test.for([
    { words: "-p 8080:80", ports: ["8080"] },
    { words: "-p8080:80", ports: ["8080"] },
    { words: "-p=8080:80", ports: ["8080"] },
    { words: "--publish 8080:80", ports: ["8080"] },
    { words: "--publish=8080:80", ports: ["8080"] },
    { words: "-itdp 8080:80", ports: ["8080"] },
    { words: "-itp8080:80 -p 81:81", ports: ["8080", "81"] },
  ])("must read $words", ({ words, ports }) => {
    expect(containerOf(words).ports.map(({ hostPort }) => hostPort)).toEqual(ports);
  });

  test.for([
    { words: "-eK=V", environment: { K: "V" } },
    { words: "-e=K=V", environment: { K: "V" } },
    { words: "-e K=V", environment: { K: "V" } },
    { words: "--env=K=V", environment: { K: "V" } },
    { words: "-te K=", environment: { K: "" } },
    { words: "-e 'K=a b'", environment: { K: "a b" } },
    { words: '-e K="a b"', environment: { K: "a b" } },
    { words: "-e K=1 -e K=2", environment: { K: "2" } },
  ])("must read $words", ({ words, environment }) => {
    expect(containerOf(words).environment).toEqual(environment);
  });

  test("must take everything after the image for arguments", () => {
    const text = "[Service]\nExecStart=docker run --rm busybox:1 -p 80:80 --nmae -- x\n";
    expect(workloadOf(text).container).toMatchObject({
      command: ["-p", "80:80", "--nmae", "--", "x"],
      ports: [],
    });
  });

  test("must end the flags at --", () => {
    expect(workloadOf("[Service]\nExecStart=docker run -t -- busybox:1 -i\n").container).toMatchObject({
      image: "busybox:1",
      tty: true,
      command: ["-i"],
    });
  });

  test.for([
    { words: "--net front", field: { network: { kind: "networks" } } },
    { words: "--dns-opt x", field: { dnsOptions: ["x"] } },
    { words: "--network front --net-alias x", field: { network: { kind: "networks" } } },
  ])("must know the other spelling of $words", ({ words, field }) => {
    expect(containerOf(words)).toMatchObject(field);
    expect(findingsOf(unitWith(words))).toEqual([]);
  });

  test.for([
    { words: "-rm", name: "--rm" },
    { words: "-privileged", name: "--privileged" },
    { words: "-link db:db", name: "--link" },
    { words: "-volumes-from=db", name: "--volumes-from" },
    { words: "-entrypoint x", name: "--entrypoint" },
  ])("must accept the old spelling $words with a warning", ({ words, name }) => {
    expect(findingsOf(unitWith(words))).toEqual([
      expect.stringContaining(`before Docker 1.0 | write ${name}`),
    ]);
    expect(compileText(unitWith(words)).value).toBeDefined();
  });

  test.for(["--cpuset 0", "--cpuset=0"])("must accept %s, which Docker dropped, with a warning", (words) => {
    expect(findingsOf(unitWith(words))).toEqual([
      expect.stringContaining('"--cpuset" is a spelling that Docker no longer knows | write --cpuset-cpus'),
    ]);
    expect(containerOf(words)).toMatchObject({ cpusetCpus: "0" });
  });

  test("must report an unknown flag as in the design", () => {
    const text = "[Service]\nExecStart=/usr/bin/docker run --nmae web myrepo/web:58-develop\n";
    const { diagnostics, value } = compileText(text);
    expect(value).toBeUndefined();
    expect(diagnostics).toEqual([
      {
        severity: "error",
        code: "unknown-flag",
        position: { file: "units/web.service", line: 2, column: 31, length: 6 },
        message: 'unknown docker run flag "--nmae"',
        hint: "did you mean --name?",
      },
    ]);
  });

  test.for([
    { words: "--publsh 80:80", underlined: ["--publsh"], hint: "did you mean --publish?" },
    { words: "--publsh=80:80", underlined: ["--publsh"], hint: "did you mean --publish?" },
    { words: "--foobarbaz x --init", underlined: ["--foobarbaz"], hint: "see docker run --help" },
    { words: "--foobarbaz", underlined: ["--foobarbaz"], hint: "see docker run --help" },
    { words: "-x", underlined: ["-x"], hint: "see docker run --help" },
    { words: "-tx", underlined: ["x"], hint: "see docker run --help" },
    { words: "-gpus all", underlined: ["-gpus"], hint: "did you mean --gpus?" },
    { words: "--privilegd", underlined: ["--privilegd"], hint: "did you mean --privileged?" },
    { words: "-", underlined: ["-"], hint: "name:tag" },
  ])("must report $words once", ({ words, underlined, hint }) => {
    const text = `[Service]\nExecStart=docker run ${words} busybox:1\n`;
    expect(underlinedIn(text)).toEqual(underlined);
    expect(findingsOf(text)[0]).toContain(hint);
  });

  test("must report a flag without value", () => {
    const text = "[Service]\nExecStart=docker run --name\n";
    expect(findingsOf(text)[0]).toBe('error 2:22 flag "--name" needs a value | give it a value');
  });

  test("must report every mistake of a continued line at its own place", () => {
    const text = [
      "[Service]",
      "ExecStart=/usr/bin/docker run \\",
      "  --nmae web \\",
      "  # a comment",
      "  -p 80:80000 \\",
      '  -e "A=$$" --memory lots \\',
      "  -v data:srv \\",
      "  myrepo/Web:58-develop",
    ].join("\n");
    expect(findingsOf(text).map((finding) => finding.split(" ", 2).join(" "))).toEqual([
      "error 3:3",
      "error 5:6",
      "error 6:22",
      "error 7:6",
      "error 8:3",
    ]);
    expect(underlinedIn(text)).toEqual(["--nmae", "80:80000", "lots", "data:srv", "myrepo/Web:58-develop"]);
  });
});

describe("the image", () => {
  test.for([
    { image: "myrepo/web:58-develop", reference: "myrepo/web:58-develop" },
    { image: "docker.io/library/redis:7", reference: "redis:7" },
    { image: "%p:1", reference: "web:1" },
    { image: "myrepo/web:${BUILD}-develop", reference: "myrepo/web:58-develop" },
  ])("must be $reference for $image", ({ image, reference }) => {
    const text = `[Service]\nEnvironment=BUILD=58\nExecStart=docker run ${image}\n`;
    expect(workloadOf(text).container.image).toBe(reference);
  });

  test.for([
    {
      image: "myrepo/web",
      finding: 'error 2:22 own image "myrepo/web" has no build tag | write myrepo/web:<build number>-develop',
    },
    {
      image: "myrepo/web:7-master",
      finding: 'error 2:22 image "myrepo/web:7-master" is a build of branch "master"',
    },
    { image: "redis", finding: 'warning 2:22 image "redis" has no tag and runs as "latest"' },
    { image: "Redis", finding: 'error 2:22 image "Redis" is not a valid reference' },
    { image: '""', finding: 'error 2:22 image "" is not a valid reference' },
  ])("must be judged by the policy: $image", ({ image, finding }) => {
    expect(findingsOf(`[Service]\nExecStart=docker run ${image}\n`)[0]).toContain(finding);
  });
});
