import { describe, expect, test } from "vitest";
import { errors, findings, manifestOf, serviceFile, workloadOf } from "./support.ts";

const files = {
  "units/shop.compose.yaml": "",
  "units/nginx.conf": "conf",
  "units/site/a.html": "a",
  "units/site/sub/b.html": "b",
  "units/site/run.sh": "#!/bin/sh",
  "common/x.txt": "x",
};
const volume = { kind: "volume", volume: "shop_data", readOnly: false } as const;
const rest = "volumes: {data: , ext: {external: true}, named: {name: other}}";

describe("mounts", () => {
  test.for([
    ["data:/x", { ...volume, target: "/x" }],
    ["data:/x/", { ...volume, target: "/x" }],
    ["data:/x:ro", { ...volume, target: "/x", readOnly: true }],
    ["data:/x:nocopy,cached", { ...volume, target: "/x", noCopy: true }],
    ["ext:/x", { ...volume, volume: "ext", target: "/x" }],
    ["named:/x", { ...volume, volume: "other", target: "/x" }],
    ["/x", { kind: "anonymous", target: "/x" }],
    ["/h:/x", { kind: "bind", source: "/h", target: "/x", readOnly: false, createSource: true }],
    [
      "/h:/x:ro,rslave,Z",
      {
        kind: "bind",
        source: "/h",
        target: "/x",
        readOnly: true,
        createSource: true,
        propagation: "rslave",
        selinux: "Z",
      },
    ],
    ["{type: volume, target: /x}", { kind: "anonymous", target: "/x" }],
    ["{type: volume, target: /x, read_only: true}", { kind: "anonymous", target: "/x", readOnly: true }],
    [
      "{type: volume, source: data, target: /x, volume: {nocopy: true, subpath: a/b}}",
      { ...volume, target: "/x", noCopy: true, subpath: "a/b" },
    ],
    [
      "{type: bind, source: /h, target: /x, consistency: cached}",
      { kind: "bind", source: "/h", target: "/x", readOnly: false, createSource: false },
    ],
    [
      "{type: bind, source: /h, target: /x, bind: {create_host_path: true, propagation: shared, selinux: z}}",
      {
        kind: "bind",
        source: "/h",
        target: "/x",
        readOnly: false,
        createSource: true,
        propagation: "shared",
        selinux: "z",
      },
    ],
    [
      "{type: tmpfs, target: /x, tmpfs: {size: 64m, mode: 01777}}",
      { kind: "tmpfs", target: "/x", options: "size=67108864,mode=1777" },
    ],
    ["{type: tmpfs, target: /x}", { kind: "tmpfs", target: "/x", options: "" }],
  ] as const)("must compile %s", ([item, mount]) => {
    expect(workloadOf(`volumes:\n  - ${item}`, { rest }).container.mounts).toEqual([mount]);
  });

  test.for([
    ["dta:/x", "undefined-volume", 'did you mean "data"'],
    ["zzzzzz:/x", "undefined-volume", "declare it"],
    ["conf/x:/x", "undefined-volume", "./conf/x"],
    ["data:x", "bad-mount", "absolute"],
    ["data:/", "bad-mount", "absolute"],
    ["data:/x:q", "bad-mount", 'unknown mode "q"'],
    ["a:b:c:d", "bad-mount", "three parts"],
    ['":/x"', "bad-mount", "source is empty"],
    ["C:\\data:/x", "bad-mount", "Windows"],
    ["~/x:/x", "bad-mount", "absolute path"],
    ["data:/x:rslave", "bad-mount", "propagation"],
    ["./nope:/x", "missing-file", "named volume"],
    ["../../up:/x", "outside-repository", "leaves the repository"],
    ["./nginx.conf:/x:rw", "bad-mount", "read-only"],
    ["./nginx.conf:/x:shared", "bad-mount", "propagation"],
    ["{type: bind, target: /x}", "bad-mount", "without a source"],
    ["{type: tmpfs, source: a, target: /x}", "bad-mount", "tmpfs with a source"],
    ["{type: volume, source: data}", "bad-mount", "no target"],
    ["{target: /x}", "bad-mount", "no type"],
    ["{type: volume, target: /x, bind: {create_host_path: true}}", "bad-mount", "create_host_path"],
    ["{type: bind, source: /h, target: /x, volume: {nocopy: true}}", "bad-mount", "nocopy"],
    ["{type: bind, source: /h, target: /x, tmpfs: {size: 1m}}", "bad-mount", "tmpfs"],
    ["{type: tmpfs, target: /x, read_only: true}", "bad-mount", "read_only"],
    ["{type: npipe, source: a, target: /x}", "unsupported-value", "Windows"],
    ["{type: cluster, source: a, target: /x}", "unsupported-value", "by hand"],
    ["{type: image, source: a:1, target: /x, read_only: false}", "bad-mount", "read-only"],
    ["{type: image, target: /x}", "bad-mount", "image without a source"],
    ["{type: volume, source: data, target: /x, volume: {labels: {a: b}}}", "bad-mount", "labels of volume"],
    ["{type: volume, target: /x, volume: {subpath: a}}", "bad-mount", "anonymous"],
    ["{type: bind, source: ./nginx.conf, target: /x, bind: {recursive: disabled}}", "bad-mount", "recursive"],
    ["{type: tmpfs, target: /x, tmpfs: {mode: 1777}}", "bad-mode", "write 01777"],
  ] as const)("must refuse %s", ([item, code, words]) => {
    const list = errors(serviceFile(`volumes:\n  - ${item}`, rest), { files });
    expect(list).toHaveLength(1);
    expect(list[0]).toMatch(new RegExp(`^5:\\d+ error ${code}: `));
    expect(list[0]).toContain(words);
  });

  test("must not share a target", () => {
    const keys = "volumes: [data:/x, /y/../x/]\ntmpfs: /x\nsecrets: [{source: s, target: /x}]";
    const list = errors(serviceFile(keys, `${rest}\nsecrets: {s: {environment: PW}}`), {
      variables: { PW: "p" },
    });
    expect(list.map((line) => line.split(" ")[0])).toEqual(["4:24", "5:12", "6:15"]);
    expect(list[0]).toContain('error duplicate-mount: service "web" mounts "/x" twice');
  });
});

describe("files of the repository", () => {
  test("must be delivered in a volume named after their content", () => {
    const { workloads, fileSets, usedPaths } = manifestOf(
      serviceFile("volumes:\n  - ./nginx.conf:/etc/nginx.conf:ro\n  - ./site:/www\n  - ../common/x.txt:/x:z"),
      { files },
    );
    expect(fileSets.map((set) => set.files.map(({ path, mode }) => [path, mode]))).toEqual([
      [["nginx.conf", 0o444]],
      [
        ["a.html", 0o444],
        ["run.sh", 0o555],
        ["sub/b.html", 0o444],
      ],
      [["x.txt", 0o444]],
    ]);
    expect(workloads[0]?.container.mounts).toEqual([
      { kind: "files", fileSet: fileSets[0]?.name, path: "nginx.conf", target: "/etc/nginx.conf" },
      { kind: "files", fileSet: fileSets[1]?.name, target: "/www" },
      { kind: "files", fileSet: fileSets[2]?.name, path: "x.txt", target: "/x" },
    ]);
    expect(fileSets[0]?.name).toMatch(/^mysysconfig-p-e-files-[0-9a-f]{16}$/);
    expect(usedPaths).toEqual([
      "common/x.txt",
      "units/nginx.conf",
      "units/site/a.html",
      "units/site/run.sh",
      "units/site/sub/b.html",
    ]);
  });

  test("must change the workload when a byte of them changes", () => {
    const text = serviceFile("volumes: [./nginx.conf:/x]");
    const before = manifestOf(text, { files }).workloads[0]?.container;
    const after = manifestOf(text, { files: { ...files, "units/nginx.conf": "other" } }).workloads[0]
      ?.container;
    expect(after).not.toEqual(before);
  });

  test("must be shared by services that mount the same", () => {
    const text = "services:\n  a: &s {image: b:1, volumes: [./site:/www]}\n  b: *s\n";
    expect(manifestOf(text, { files }).fileSets).toHaveLength(1);
  });

  test("must be found beside the compose file of a stack with a folder of its own", () => {
    const world = { path: "units/shop/compose.yaml", files: { "units/shop/a.conf": "a" } };
    expect(manifestOf(serviceFile("volumes: [./a.conf:/a]"), world).usedPaths).toEqual(["units/shop/a.conf"]);
    expect(manifestOf(serviceFile("volumes: [.:/a]"), world).usedPaths).toEqual(["units/shop/a.conf"]);
  });
});

describe("configs and secrets", () => {
  const sections = `configs: {f: {file: nginx.conf}, c: {content: "x \${PW}"}, h: {file: /etc/hosts}}
secrets: {s: {environment: PW}, f: {file: ./nginx.conf, x-a: 1, name: any, external: false}}`;
  const world = { files, variables: { PW: "hush" }, rest: sections };
  const contentOf = (keys: string) => {
    const { fileSets, workloads } = manifestOf(serviceFile(keys, sections), world);
    const [file] = fileSets[0]?.files ?? [];
    return {
      mount: workloads[0]?.container.mounts[0],
      ...file,
      content: new TextDecoder().decode(file?.content),
    };
  };

  test.for([
    ["configs: [f]", "/f", "conf", 0o444],
    ["configs: [c]", "/c", "x hush", 0o444],
    ["secrets: [s]", "/run/secrets/s", "hush", 0o444],
    ["secrets: [{source: s, target: pw}]", "/run/secrets/pw", "hush", 0o444],
    ["secrets: [{source: s, target: /abs}]", "/abs", "hush", 0o444],
    ["configs: [{source: f, target: etc/f, mode: 0400}]", "/etc/f", "conf", 0o400],
    ['configs: [{source: f, mode: "440"}]', "/f", "conf", 0o440],
    ["configs: [{source: f, mode: 0o440}]", "/f", "conf", 0o440],
  ] as const)("must deliver %s to %s", ([keys, target, content, mode]) => {
    const result = contentOf(keys);
    expect(result.mount).toMatchObject({ kind: "files", target });
    expect(result).toMatchObject({ content, mode, uid: 0, gid: 0 });
  });

  test("must have the declared owner", () => {
    expect(contentOf('secrets: [{source: s, uid: "103", gid: 104}]')).toMatchObject({ uid: 103, gid: 104 });
  });

  test("must be mounted from the host when their path is absolute", () => {
    expect(workloadOf("configs: [{source: h, target: /x}]", world).container.mounts).toEqual([
      { kind: "bind", source: "/etc/hosts", target: "/x", readOnly: true, createSource: false },
    ]);
    expect(errors(serviceFile("configs: [{source: h, mode: 0400}]", sections), world)[0]).toMatch(
      /error host-file/,
    );
  });

  test.for([
    ["secrets: {s: {external: true}}", "external-file", "an Engine has no store"],
    ["configs: {s: {external: true}}", "external-file", "an Engine has no store"],
    ["secrets: {s: {}}", "no-content", "file: or environment:"],
    ["secrets: {s: {file: nope}}", "missing-file", "add it there"],
    ["secrets: {s: {file: site}}", "not-a-file", "volumes"],
    ["secrets: {s: {environment: NOPE}}", "unset-variable", "secrets in mysysconfig.yaml"],
    ["secrets: {s: {environment: PWD1}}", "unset-variable", "values or secrets"],
    ["secrets: {s: {content: x}}", "unsupported-key", "environment: NAME"],
    ["configs: {s: {file: nginx.conf, content: x}}", "contradiction", "only one"],
    ["configs: {s: {template_driver: golang, content: x}}", "unsupported-key", ".hbs"],
  ] as const)("must refuse %s", ([section, code, words]) => {
    const list = errors(`services: {a: {image: b:1}}\n${section}\n`, { files, variables: { PW: "x" } });
    expect(list).toHaveLength(1);
    expect(list[0]).toMatch(new RegExp(`^2:\\d+ error ${code}: `));
    expect(list[0]).toContain(words);
  });

  test("must not be reported again where a broken one is used", () => {
    expect(errors(serviceFile("secrets: [s]", "secrets: {s: {file: nope}}"))).toHaveLength(1);
  });

  test("must refuse a decimal mode", () => {
    const list = errors(serviceFile("configs: [{source: f, mode: 440}]", sections), world);
    expect(list[0]).toMatch(/error bad-mode: .*\| write 0440: without the 0 it is a decimal number/);
  });
});

describe("environment files", () => {
  const env = { "units/a.env": "A=a\nB=a", "units/b.env": "B=b\nC=${A}-${X}", "units/raw.env": "R='$x'" };

  test("must be overridden by later ones and by environment, and may refer to both", () => {
    const { container } = workloadOf("env_file: [a.env, {path: ./b.env}]\nenvironment: {A: own, X: x}", {
      files: env,
    });
    expect(container.environment).toEqual({ A: "own", B: "b", C: "own-x", X: "x" });
  });

  test("must be used paths, may be missing when declared so, and raw", () => {
    const keys = "env_file:\n  - {path: raw.env, format: raw}\n  - {path: nope, required: false}";
    const manifest = manifestOf(serviceFile(keys), { files: env });
    expect(manifest.workloads[0]?.container.environment).toEqual({ R: "'$x'" });
    expect(manifest.usedPaths).toEqual(["units/raw.env"]);
  });

  test("must come from the declared values when they are the host's", () => {
    const { container } = workloadOf("env_file: /etc/environment", {
      hostFiles: { "/etc/environment": { H: "1" } },
    });
    expect(container.environment).toEqual({ H: "1" });
  });

  test("must lose a variable that a bare name removes", () => {
    const text = serviceFile("env_file: a.env\nenvironment: [A]");
    expect(manifestOf(text, { files: env }).workloads[0]?.container.environment).toEqual({ B: "a" });
    expect(findings(text, { files: env })[0]).toMatch(/^5:19 warning no-value: variable "A" has no value/);
  });

  test("must have their own mistakes at their own places", () => {
    expect(errors(serviceFile("env_file: x.env"), { files: { "units/x.env": "A=1\nB C=2" } })[0]).toMatch(
      /^units\/x\.env:2:1 error bad-env-file/,
    );
    expect(errors(serviceFile("env_file: site"), { files })[0]).toMatch(/error not-a-file/);
  });

  test("must be text", () => {
    const world = { files: { "units/x.env": "A" } };
    const text = serviceFile("env_file: x.env");
    expect(errors(text, world)).toEqual([]);
  });
});
