import { describe, expect, test } from "vitest";
import type { Mount } from "../../../src/model/workload.ts";
import { compileText, containerOf, findingsOf, underlinedIn, unitWith } from "./support.ts";

const files = {
  "units/web/nginx.conf": "user x;",
  "units/web/conf.d/a.conf": "a",
  "shared/ca.pem": "pem",
};

describe("mounts", () => {
  test.for<{ flag: string; mounts: readonly Mount[] }>([
    { flag: "-v data:/data", mounts: [{ kind: "volume", volume: "data", target: "/data", readOnly: false }] },
    {
      flag: "-v data:/data:ro",
      mounts: [{ kind: "volume", volume: "data", target: "/data", readOnly: true }],
    },
    {
      flag: "--volume=data:/data/:nocopy,ro",
      mounts: [{ kind: "volume", volume: "data", target: "/data", readOnly: true, noCopy: true }],
    },
    {
      flag: "-v /srv/x/../y:/y",
      mounts: [{ kind: "bind", source: "/srv/y", target: "/y", readOnly: false, createSource: true }],
    },
    {
      flag: "-v /srv:/srv:ro,z,rslave",
      mounts: [
        {
          kind: "bind",
          source: "/srv",
          target: "/srv",
          readOnly: true,
          propagation: "rslave",
          selinux: "z",
          createSource: true,
        },
      ],
    },
    {
      flag: "-v /srv:/srv:Z",
      mounts: [
        { kind: "bind", source: "/srv", target: "/srv", readOnly: false, selinux: "Z", createSource: true },
      ],
    },
    { flag: "-v /cache", mounts: [{ kind: "anonymous", target: "/cache" }] },
    {
      flag: "-v data:/data:z,ro",
      mounts: [{ kind: "volume", volume: "data", target: "/data", readOnly: true, selinux: "z" }],
    },
    {
      flag: "-v data:/x -v data:/x",
      mounts: [{ kind: "volume", volume: "data", target: "/x", readOnly: false }],
    },
    { flag: "--tmpfs /run --tmpfs /run:ro", mounts: [{ kind: "tmpfs", target: "/run", options: "ro" }] },
    {
      flag: "--volume-driver rexray -v /cache --mount target=/other",
      mounts: [
        { kind: "anonymous", target: "/cache", driver: "rexray" },
        { kind: "anonymous", target: "/other" },
      ],
    },
    {
      flag: "--mount target=/cache,volume-nocopy,volume-driver=local,volume-opt=type=tmpfs,volume-label=a=b",
      mounts: [
        {
          ...{ kind: "anonymous", target: "/cache", noCopy: true, driver: "local" },
          ...{ driverOptions: { type: "tmpfs" }, labels: { a: "b" } },
        },
      ],
    },
    {
      flag: "--mount type=bind,src=/srv,dst=/srv,bind-recursive=disabled",
      mounts: [{ kind: "bind", source: "/srv", target: "/srv", readOnly: false, recursive: "disabled" }],
    },
    {
      flag: "--mount type=bind,src=/srv,dst=/srv,bind-nonrecursive",
      mounts: [{ kind: "bind", source: "/srv", target: "/srv", readOnly: false, recursive: "disabled" }],
    },
    {
      flag: "--mount type=image,src=busybox:1,dst=/tools,image-subpath=bin",
      mounts: [{ kind: "image", image: "busybox:1", target: "/tools", subpath: "bin" }],
    },
    {
      flag: "--use-api-socket",
      mounts: [
        { kind: "bind", source: "/var/run/docker.sock", target: "/var/run/docker.sock", readOnly: false },
      ],
    },
    { flag: "--tmpfs /run", mounts: [{ kind: "tmpfs", target: "/run", options: "" }] },
    {
      flag: "--tmpfs /run:rw,size=64m,mode=1777",
      mounts: [{ kind: "tmpfs", target: "/run", options: "rw,size=64m,mode=1777" }],
    },
    {
      flag: "--mount type=bind,source=/srv,target=/srv,readonly",
      mounts: [{ kind: "bind", source: "/srv", target: "/srv", readOnly: true }],
    },
    {
      flag: "--mount type=bind,src=/srv,dst=/srv,ro=false,bind-propagation=shared",
      mounts: [{ kind: "bind", source: "/srv", target: "/srv", readOnly: false, propagation: "shared" }],
    },
    {
      flag: "--mount src=data,destination=/data,volume-nocopy,volume-subpath=a/b",
      mounts: [
        { kind: "volume", volume: "data", target: "/data", readOnly: false, noCopy: true, subpath: "a/b" },
      ],
    },
    { flag: "--mount target=/cache", mounts: [{ kind: "anonymous", target: "/cache" }] },
    {
      flag: "--mount type=tmpfs,target=/run,tmpfs-size=1m,tmpfs-mode=700,readonly",
      mounts: [{ kind: "tmpfs", target: "/run", options: "ro,size=1048576,mode=700" }],
    },
  ])("must be read from $flag", ({ flag, mounts }) => {
    expect(containerOf(flag).mounts).toEqual(mounts);
  });

  test.for([
    {
      flag: "-v ./web/nginx.conf:/etc/nginx.conf:ro",
      path: "nginx.conf",
      paths: ["nginx.conf"],
      used: ["units/web/nginx.conf"],
    },
    { flag: "-v ../shared/ca.pem:/ca.pem", path: "ca.pem", paths: ["ca.pem"], used: ["shared/ca.pem"] },
    {
      flag: "-v ./web:/etc/nginx",
      path: undefined,
      paths: ["conf.d/a.conf", "nginx.conf"],
      used: ["units/web/conf.d/a.conf", "units/web/nginx.conf"],
    },
    {
      flag: "--mount type=bind,source=./web/conf.d,target=/etc/nginx",
      path: undefined,
      paths: ["a.conf"],
      used: ["units/web/conf.d/a.conf"],
    },
  ])("must deliver files of the repository for $flag", ({ flag, path, paths, used }) => {
    const { value, diagnostics } = compileText(unitWith(flag), { files });
    const [set] = value?.fileSets ?? [];
    expect(diagnostics).toEqual([]);
    expect(set?.name).toMatch(/^mysysconfig-shop-develop-files-[0-9a-f]{16}$/);
    expect(set?.files.map((file) => file.path)).toEqual(paths);
    expect([...(value?.usedPaths ?? [])].sort()).toEqual(used);
    expect(value?.workloads[0]?.container.mounts).toEqual([
      {
        kind: "files",
        fileSet: set?.name,
        target: expect.any(String),
        ...(path === undefined ? {} : { path }),
      },
    ]);
  });

  test("must return named volumes once, sorted, with their driver", () => {
    const flags =
      "-v web-b:/b -v web-a:/a -v web-a:/c --mount 'source=nfs,target=/n,volume-driver=local,\"volume-opt=o=addr=1.2.3.4,rw\",volume-label=x=y'";
    const { value } = compileText(unitWith(flags));
    expect(value?.volumes).toMatchObject([
      {
        name: "nfs",
        external: false,
        driver: "local",
        driverOptions: { o: "addr=1.2.3.4,rw" },
        labels: { x: "y" },
      },
      { name: "web-a", external: false, driverOptions: {}, labels: {} },
      { name: "web-b", external: false, driverOptions: {}, labels: {} },
    ]);
  });

  test("must give the volumes of -v the driver of --volume-driver", () => {
    const { value } = compileText(unitWith("--volume-driver rexray -v data:/data"));
    expect(value?.volumes).toMatchObject([{ name: "data", driver: "rexray" }]);
  });

  test.for([
    { flag: "-v data:srv", finding: '"srv" is not an absolute path in the container' },
    { flag: "-v data:/", finding: 'nothing can be mounted at "/"' },
    { flag: "-v a:/data", finding: '"a" is not the name of a volume' },
    { flag: "-v conf/x:/x", finding: "write ./conf/x for a file of the repository" },
    { flag: "-v ~/x:/x", finding: "write ./x for a file of the repository, or an absolute path" },
    { flag: "-v a:/b:ro:z", finding: "is not a volume" },
    { flag: "-v data:/data:rx", finding: '"rx" is not a volume option' },
    { flag: "-v data:/data:ro,rw", finding: '"ro,rw" cannot be combined' },
    { flag: "-v data:/data:rslave", finding: '"rslave" is for paths of the host' },
    { flag: "-v /srv:/srv:nocopy", finding: '"nocopy" is for volumes' },
    {
      flag: "-v ./none:/x",
      finding: '"./none" is not in the repository | add it to the repository, or use a named volume',
    },
    { flag: "-v ..:/x", finding: "name a file or folder inside the repository" },
    { flag: "-v ../../x:/x", finding: "name a file or folder inside the repository" },
    { flag: "-v ./web:/x:rw", finding: "read-only in containers" },
    { flag: "--mount type=bind,source=/srv", finding: "the mount has no target" },
    { flag: "--mount type=bind,target=/srv", finding: "the bind mount has no source" },
    { flag: "--mount type=image,target=/srv", finding: "the image mount has no source" },
    { flag: "--mount type=image,source=myrepo/x:latest,target=/srv", finding: "myrepo/x:latest" },
    { flag: "--mount type=cluster,source=a,target=/a", finding: "for services of a Swarm" },
    { flag: "--mount type=npipe,source=a,target=/a", finding: "named pipes are for Windows" },
    { flag: "--mount target=/data,readonly", finding: "a volume without a name cannot be read-only" },
    {
      flag: "--mount target=/data,volume-subpath=x",
      finding: "a volume without a name cannot have a subpath",
    },
    { flag: "-v /cache:ro", finding: '"/cache:ro" has no source' },
    { flag: "-v data:/data -v other:/data", finding: 'something is already mounted at "/data"' },
    { flag: "--mount type=bind,source=/a,target=/a,foo=1", finding: 'unknown mount option "foo"' },
    { flag: "--mount type=bind,source=/a,taregt=/a", finding: 'did you mean "target"?' },
    {
      flag: "--mount type=bind,source=/a,target=/a,volume-nocopy",
      finding: 'option "volume-nocopy" is not for type=bind',
    },
    {
      flag: "--mount type=bind,source=/a,target=/a,bind-propagation=x",
      finding: 'bind-propagation cannot be "x"',
    },
    {
      flag: "--mount type=bind,source=/a,target=/a,bind-recursive=writable",
      finding: "bind-recursive=writable needs readonly",
    },
    { flag: "--mount source=/a,target=/a", finding: '"/a" is not the name of a volume' },
    { flag: "--mount source,target=/a", finding: 'mount option "source" needs a value' },
    { flag: "--mount source=data,target=/a,readonly=maybe", finding: "is true or false" },
    { flag: "--mount type=tmpfs,target=/a,tmpfs-size=x", finding: 'tmpfs-size cannot be "x"' },
    { flag: "--mount type=tmpfs,target=/a,tmpfs-mode=9", finding: 'tmpfs-mode cannot be "9"' },
    { flag: "--volume-driver '!'", finding: '"!" is not a volume driver' },
  ])("must be reported: $flag", ({ flag, finding }) => {
    const found = findingsOf(unitWith(flag), { files });
    expect(found).toEqual([expect.stringContaining(finding)]);
    expect(found[0]).toMatch(/^error 2:/);
  });

  test("must point at the wrong option of a tmpfs", () => {
    expect(underlinedIn(unitWith("--tmpfs /run:size=1m,bogus"))).toEqual(["bogus"]);
    expect(underlinedIn(unitWith("--tmpfs /run:size=x"))).toEqual(["size=x"]);
  });

  test("must be reported when two have the same target", () => {
    expect(findingsOf(unitWith("-v data:/data --tmpfs /data/"))).toEqual([
      'error 2:64 something is already mounted at "/data" | mount one thing at each path',
    ]);
  });
});
