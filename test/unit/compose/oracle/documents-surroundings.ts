import { type ComposeCase, web, whole } from "./oracle-case.ts";

const nets =
  "networks: {front: {}, back: {ipam: {config: [{subnet: 172.28.0.0/16}, {subnet: 2001:db8::/64}]}}}\n";
const vols = "volumes: {data: {}, logs: {}}\n";

/** Keys of a service about networks, files, rights and other services. */
export const surroundingDocuments: readonly ComposeCase[] = [
  web(
    'ports: ["80", "8080:80", "127.0.0.1:8081:81/udp", "9000-9002:9000-9002", "7000-7010:70", "[::1]:6000:60"]',
  ),
  web('ports: ["127.0.0.1::90", "0.0.0.0:91:91", "92:92/tcp", "93:93/sctp", 94]'),
  web(
    "ports:\n  - {target: 80, published: 8080, host_ip: 127.0.0.1, protocol: udp, mode: host, name: a, app_protocol: http}\n  - {target: 81}",
  ),
  web(
    'ports:\n  - {target: 80, published: "8000-8005", host_ip: "::1", protocol: tcp, mode: ingress, name: b, app_protocol: grpc}\n  - {target: "82", published: ""}',
  ),
  web('ports: ["80:80", "80:80"]'),
  web('ports: ["a:80"]'),
  web('ports: ["80:80:80:80"]'),
  web('ports: ["70000:80"]'),
  web('ports: ["80-81:80-82"]'),
  web("ports: [{published: 80}]"),
  web('ports: "80:80"'),
  web('expose: ["80", 81, "90-92", "53/udp"]'),
  web('expose: ["3000"]\nports: ["3000"]'),
  web('expose: ["x"]', { differs: "words that no Engine knows" }),
  web("networks: [front, back]", { rest: nets }),
  web(
    "networks:\n  back: {aliases: [a, b], ipv4_address: 172.28.0.5, ipv6_address: '2001:db8::5', link_local_ips: [169.254.1.1], mac_address: 02:42:ac:11:65:43, priority: 100, gw_priority: 5, driver_opts: {a: b}}\n  front: {interface_name: eth7}",
    { rest: nets },
  ),
  web(
    "networks:\n  front: {aliases: [a], priority: 1, gw_priority: 1, interface_name: eth1, driver_opts: {c: 1}, mac_address: 02:42:ac:11:65:44}\n  back: {ipv4_address: 172.28.0.9, ipv6_address: '2001:db8::9', link_local_ips: [169.254.1.2, 169.254.1.3]}",
    { rest: nets },
  ),
  web("networks: {front: {alias: [a]}}", { rest: nets }),
  web("networks: [none]", { rest: nets }),
  web("networks: [default]\nmac_address: 02:42:ac:11:65:45"),
  web("mac_address: 92:d0:c6:0a:29:33", { rest: "networks: {default: {name: x}}\n" }),
  web("network_mode: host"),
  web("network_mode: none"),
  web("network_mode: bridge"),
  web("network_mode: service:db"),
  web("network_mode: container:other"),
  web("network_mode: service:nobody"),
  web("network_mode: host\nnetworks: [front]", { rest: nets }),
  web("network_mode: front", { rest: nets, differs: "network_mode names no network" }),
  web("links: [db]\nexternal_links: [other]"),
  web('links: ["db:database"]\nexternal_links: ["other:o", third]'),
  web("links: [nobody]"),
  web('extra_hosts: ["a:192.0.2.1", "b=192.0.2.2", "c:host-gateway", "d:[::1]"]'),
  web("extra_hosts: {a: 192.0.2.1, b: [192.0.2.2, 192.0.2.3]}"),
  web("extra_hosts: [a]"),
  web("dns: 192.0.2.1\ndns_search: example.org\ndns_opt: [use-vc]"),
  web("dns: [192.0.2.1, '2001:db8::1']\ndns_search: [a, b]\ndns_opt: [no-tld-query, timeout:3]"),
  web("dns: {a: b}"),
  web(
    "volumes: [data:/data, 'logs:/logs:ro', /anon, '/host:/host', './data:/x', '.:/all:ro', '/h2:/h2:ro,z,rshared']",
    { rest: vols },
  ),
  web(
    "volumes:\n  - {type: volume, source: data, target: /data, read_only: true, consistency: cached, volume: {nocopy: true, subpath: a/b}}\n  - {type: bind, source: /host, target: /h, bind: {propagation: rslave, create_host_path: true, selinux: z, recursive: readonly}}\n  - {type: tmpfs, target: /t, tmpfs: {size: 64m, mode: 01777}}\n  - {type: volume, target: /anon, volume: {labels: {a: b}, nocopy: false}}\n  - {type: image, source: busybox:1, target: /img, image: {subpath: bin}}",
    { rest: vols },
  ),
  web(
    "volumes:\n  - {type: volume, source: logs, target: /data, read_only: false, consistency: delegated, volume: {nocopy: false, subpath: c}}\n  - {type: bind, source: /host, target: /h, read_only: true, bind: {propagation: private, create_host_path: false, selinux: Z, recursive: disabled}}\n  - {type: bind, source: ./data, target: /d}\n  - {type: tmpfs, target: /t, tmpfs: {size: 1024, mode: 0o755}}\n  - {type: volume, target: /anon, volume: {labels: [c=d]}}\n  - {type: image, source: 'busybox:2', target: /img, image: {subpath: etc}}",
    { rest: vols },
  ),
  web(
    "volumes: [{type: bind, source: /a, target: /b, bind: {recursive: enabled}}, {type: bind, source: /a, target: /c, bind: {recursive: writable}}]",
  ),
  web("volumes: [none:/x]"),
  web("volumes: ['./none:/x']", { differs: "files must be there" }),
  web("volumes: ['../../up:/x']", { differs: "nothing outside of the repository" }),
  web("volumes: ['~/x:/x']", { differs: "nobody's home" }),
  web("volumes: [{type: npipe, source: a, target: /x}]", { differs: "Windows" }),
  web("volumes: [{type: cluster, source: group:a, target: /x}]", { differs: "no cluster volumes" }),
  web("volumes: [{type: bind, target: /x}]"),
  web("volumes: [{type: nothing, target: /x}]"),
  web("volumes: [{type: volume, source: data}]", { rest: vols }),
  web("volumes: ['a:b:c:d']", { differs: "words that no Engine knows" }),
  web("volumes: ['data:/x', 'logs:/x']", { rest: vols, differs: "one thing in one place" }),
  web("tmpfs: /run"),
  web("tmpfs: ['/run:size=64m,mode=1777', /tmp]"),
  web("tmpfs: [/run, '/run:size=1m']"),
  web("volumes_from: [db, 'container:other:ro']", {
    rest: `  db: {image: db:1, volumes: [data:/d]}\n${vols}`,
  }),
  web('volumes_from: ["db:ro"]'),
  web("volumes_from: [nobody]"),
  web("configs: [app]\nsecrets: [key]", {
    rest: "configs: {app: {file: ./app.conf}}\nsecrets: {key: {file: a.env}}\n",
  }),
  web(
    "configs: [{source: app, target: /etc/app.conf, uid: '5', gid: '6', mode: 0440}]\nsecrets: [{source: key, target: k, uid: '7', gid: '8', mode: 0400}]",
    {
      rest: "configs: {app: {content: 'a $${b}'}}\nsecrets: {key: {environment: KEY}}\n",
      variables: { KEY: "secret" },
    },
  ),
  web(
    "configs: [{source: app, target: x, uid: '1', gid: '2', mode: '0444'}]\nsecrets: [{source: key, target: /k, uid: '1', gid: '2', mode: 256}]",
    {
      rest: "configs: {app: {environment: APP, labels: {a: b}}}\nsecrets: {key: {file: ./b.env, labels: [a=b]}}\n",
      variables: { APP: "text" },
      differs: "modes are octal",
    },
  ),
  web("configs: [app]\nsecrets: [key]", {
    rest: "configs: {app: {content: x, labels: [a=b]}}\nsecrets: {key: {environment: KEY, labels: {a: b}}}\n",
    variables: { KEY: "k" },
  }),
  web("configs: [none]"),
  web("secrets: [none]"),
  web("configs: [app]", { rest: "configs: {app: {file: a.env, content: x}}\n" }),
  web("configs: [app]", { rest: "configs: {app: {}}\n" }),
  web("configs: [app]", {
    rest: "configs: {app: {external: true, name: x}}\n",
    differs: "no store on an Engine",
  }),
  web("secrets: [key]", {
    rest: "secrets: {key: {external: true, name: y}}\n",
    differs: "no store on an Engine",
  }),
  web("secrets: [key]", { rest: "secrets: {key: {content: x}}\n" }),
  web("secrets: [key]", {
    rest: "secrets: {key: {name: n, file: a.env, driver: d, driver_opts: {a: b}, template_driver: golang}}\n",
    differs: "no drivers of secrets",
  }),
  web("secrets: [key]", {
    rest: "secrets: {key: {file: a.env, driver: e, driver_opts: {c: d}, template_driver: golang}}\n",
    differs: "no drivers of secrets",
  }),
  web("configs: [app]", {
    rest: "configs: {app: {name: n, file: app.conf, template_driver: golang}}\n",
    differs: "no drivers of secrets",
  }),
  web("configs: [app]", {
    rest: "configs: {app: {content: a, template_driver: golang}}\n",
    differs: "no drivers of secrets",
  }),
  web("configs: [app]", { rest: "configs: {app: {environment: APP}}\n", variables: { APP: "a\nb" } }),
  web("configs: [app]", { rest: "configs: {app: {environment: NOT_GIVEN}}\n", differs: "unset variables" }),
  web("configs: [app]\nsecrets: [key]", {
    rest: "configs: {app: {external: true}}\nsecrets: {key: {external: true}}\n",
    differs: "no store on an Engine",
  }),
  web("cap_add: [NET_ADMIN, ALL]\ncap_drop: [MKNOD]\nread_only: true"),
  web("cap_add: [SYS_TIME]\ncap_drop: [ALL]\nsecurity_opt: ['no-new-privileges:true', 'label=disable']"),
  web("security_opt: [systempaths=unconfined, seccomp=unconfined]"),
  web("cap_add: NET_ADMIN"),
  web("sysctls: {net.core.somaxconn: 1024}\ndevice_cgroup_rules: ['c 1:3 mr', 'a 7:* rmw']"),
  web("sysctls: [net.ipv4.ip_forward=1]\ndevice_cgroup_rules: ['c 10:200 rwm']"),
  web("devices: [/dev/a, '/dev/a:/dev/b', '/dev/c:/dev/d:r', 'vendor.com/gpu=0']"),
  web("devices: [{source: /dev/a, target: /dev/b, permissions: rw}, {source: /dev/c}]"),
  web("devices: [{source: /dev/x, target: /dev/y, permissions: m}]"),
  web("devices: ['/dev/a:/dev/b:q']", { differs: "words that no Engine knows" }),
  web("gpus: all"),
  web("gpus: [{capabilities: [compute], count: 2, driver: nvidia, options: {a: b}}]"),
  web("gpus: [{device_ids: ['0', '1'], driver: nvidia}, {count: all, options: [c=d]}]"),
  web("gpus: [{capabilities: [utility], device_ids: ['3']}]"),
  web("gpus: some"),
  web("gpus: [{count: 1, device_ids: ['0']}]"),
  web("ipc: host\npid: host\nuts: host\nuserns_mode: host\ncgroup: host\ncgroup_parent: /x"),
  web("ipc: service:db\npid: service:db\ncgroup: private\ncgroup_parent: y"),
  web("ipc: shareable\nuts: host\nuserns_mode: host"),
  web("ipc: container:a\npid: container:b"),
  web("pid: service:nobody"),
  web("cgroup: other"),
  web("depends_on: [db]"),
  web("depends_on: {db: {condition: service_healthy, restart: true, required: true}}"),
  web("depends_on: {db: {condition: service_completed_successfully, required: false}}"),
  web("depends_on: {db: {condition: service_started, restart: false}}"),
  web("depends_on: {db: {condition: service_great}}"),
  web("depends_on: [nobody]"),
  web("depends_on: {nobody: {condition: service_started, required: false}}"),
  web("depends_on: [db]", {
    rest: "  db: {image: db:1, depends_on: [web]}\n",
  }),
  whole(`services:\n  web: {image: a:1, networks: [front, back, ext], volumes: [data:/d, ext:/e]}
networks:
  front: {name: n1, driver: bridge, driver_opts: {a: 1}, internal: true, attachable: true, enable_ipv6: true, enable_ipv4: true, labels: {a: b}}
  back: {ipam: {driver: default, config: [{subnet: 172.28.0.0/16, ip_range: 172.28.5.0/24, gateway: 172.28.5.254, aux_addresses: {h: 172.28.1.5}}], options: {x: y}}}
  ext: {external: true, name: their_net}
volumes:
  data: {name: v1, driver: local, driver_opts: {type: nfs, o: "addr=10.0.0.1,rw", device: ":/x"}, labels: [a=b]}
  ext: {external: true, name: their_data}\n`),
  whole(`services:\n  web: {image: a:1, networks: [front, back, ext], volumes: [data:/d, ext:/e]}
networks:
  front: {name: n2, driver: macvlan, driver_opts: {parent: eth0}, internal: false, attachable: false, enable_ipv6: false, enable_ipv4: true, labels: [c=d]}
  back: {ipam: {driver: other, config: [{subnet: 10.0.0.0/8, ip_range: 10.1.0.0/16, gateway: 10.0.0.1, aux_addresses: {a: 10.0.0.2, b: 10.0.0.3}}], options: {q: z}}}
  ext: {external: true}
volumes:
  data: {name: v2, driver: other, driver_opts: {size: 5}, labels: {c: d}}
  ext: {external: true}\n`),
  whole(
    "services:\n  web: {image: a:1, networks: [n], volumes: ['vv:/v']}\nnetworks: {n: {enable_ipv4: false}}\nvolumes: {vv: {}}\n",
    { differs: "networks have IPv4" },
  ),
  whole("services:\n  web: {image: a:1, networks: [n]}\nnetworks: {n: {external: true, driver: d}}\n", {
    differs: "external is not declared",
  }),
  whole("services:\n  web: {image: a:1, networks: [n]}\nnetworks: {n: {external: {name: old}}}\n"),
  whole("services:\n  web: {image: a:1, volumes: ['vv:/v']}\nvolumes: {vv: {external: {name: old}}}\n"),
  whole("services:\n  web: {image: a:1}\nnetworks: {n: {drivr: d}}\n"),
  whole("services:\n  web: {image: a:1}\nvolumes: [a]\n"),
  whole("services:\n  web: {image: a:1, networks: [n]}\nnetworks: {n: {ipam: {config: {subnet: a}}}}\n"),
  whole(
    "services:\n  web: {image: a:1, volumes: ['vv:/v']}\nvolumes: {vv: {driver_opts: {o: bind, type: none, device: ./data}}}\n",
    { differs: "nothing of the repository on the host" },
  ),
  whole("models: {m: {model: ai/m, context_size: 5}}\nservices:\n  web: {image: a:1}\n", {
    differs: "no models",
  }),
];
