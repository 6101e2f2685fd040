import { type DirectiveTable, rowsFor } from "./directive-rows.ts";

const mapped = (doc: string) => ({ handling: "mapped", doc }) as const;
const host = (doc: string) => ({ handling: "host", doc }) as const;
const refused = (doc: string, hint: string) => ({ handling: "refused", doc, hint }) as const;

/** A limit or identity of the `docker` command, which only talks to the Engine. */
const client = (hint: string) =>
  ({ handling: "no-effect", doc: "it acts on the docker command", hint }) as const;

const execDirectives: DirectiveTable = {
  ExecStart: mapped("the docker run line that makes the container"),
  ExecStartPre: mapped("docker kill, rm, stop of the same container, docker pull of its image: done anyway"),
  ExecStartPost: mapped("every command is refused: the reconciler runs none on the host"),
  ExecStop: mapped("docker stop -t N: the stop timeout; docker kill -s SIGNAL: the stop signal; docker rm"),
  ExecStopPost: mapped("docker stop, kill, rm of the same container: done anyway"),
  ExecReload: mapped("docker kill -s, restart or exec of the same container: never run by the reconciler"),
  ExecCondition: refused("the reconciler runs no commands on the host", "remove it"),
  Environment: mapped("variables for the command line and for docker run -e NAME"),
  EnvironmentFile: mapped("the same from a file of the repository, or from hostFiles in mysysconfig.yaml"),
  PassEnvironment: mapped("the same from the environment's values and secrets"),
  UnsetEnvironment: mapped("takes variables of the three above away again"),
};

const lifeDirectives: DirectiveTable = {
  Type: mapped("oneshot is a job that runs once, all others are services"),
  Restart: mapped("the restart policy of the container"),
  RestartSec: host("the Engine waits by itself between restarts, longer each time"),
  TimeoutStopSec: mapped("the stop timeout, unless docker stop -t or --stop-timeout says it"),
  TimeoutSec: mapped("as TimeoutStopSec="),
  TimeoutStartSec: host("the reconciler has its own deadline for pulling and starting"),
  KillSignal: mapped("the stop signal, unless ExecStop= or --stop-signal says it"),
  ...rowsFor(
    "RemainAfterExit GuessMainPID PIDFile ExitType BusName",
    host("the Engine watches the container itself"),
  ),
  ...rowsFor(
    "KillMode SendSIGKILL SendSIGHUP FinalKillSignal RestartKillSignal WatchdogSignal TimeoutAbortSec TimeoutStartFailureMode TimeoutStopFailureMode TimeoutCleanSec",
    host("the Engine stops all processes of the container"),
  ),
  ...rowsFor("StartLimitInterval StartLimitBurst", host("the Engine slows restarts down by itself")),
  ...rowsFor(
    "StartLimitAction FailureAction RebootArgument",
    refused("nothing is done to the host when a container ends", "remove it"),
  ),
  ...rowsFor(
    "RuntimeMaxSec RuntimeRandomizedExtraSec",
    refused("the Engine ends no container after a time", "put a time limit into the command: timeout 1h …"),
  ),
  WatchdogSec: client("write --health-cmd on the docker run line"),
  SuccessExitStatus: mapped("accepted for services; a job succeeds with exit code 0 only"),
  ...rowsFor(
    "RestartPreventExitStatus RestartForceExitStatus",
    refused("the Engine restarts on every failure alike", "remove it, or write Restart=no"),
  ),
  ...rowsFor("NotifyAccess FileDescriptorStoreMax NonBlocking", host("the Engine does not notify systemd")),
  ...rowsFor(
    "Sockets USBFunctionDescriptors USBFunctionStrings",
    refused("socket activation is not supported", "publish a port with -p"),
  ),
  OOMPolicy: host("the Engine handles containers without memory"),
};

const outputDirectives: DirectiveTable = rowsFor(
  "StandardInput StandardOutput StandardError StandardInputText StandardInputData TTYPath TTYReset TTYVHangup TTYVTDisallocate TTYRows TTYColumns SyslogIdentifier SyslogFacility SyslogLevel SyslogLevelPrefix LogLevelMax LogRateLimitIntervalSec LogRateLimitBurst LogExtraFields LogNamespace UtmpIdentifier UtmpMode",
  host("the Engine's log driver keeps the container's output"),
);

const identityDirectives: DirectiveTable = {
  ...rowsFor("User Group DynamicUser", client("write --user on the docker run line")),
  SupplementaryGroups: client("write --group-add on the docker run line"),
  WorkingDirectory: client("relative paths count from the unit file; for the container write --workdir"),
  ...rowsFor(
    "PAMName UMask PermissionsStartOnly RootDirectoryStartOnly IgnoreSIGPIPE KeyringMode RemoveIPC",
    client("remove it"),
  ),
};

const resourceDirectives: DirectiveTable = {
  ...rowsFor(
    "Slice Delegate DisableControllers",
    host("the Engine chooses the container's cgroup; see --cgroup-parent"),
  ),
  ...rowsFor(
    "CPUAccounting MemoryAccounting IOAccounting BlockIOAccounting TasksAccounting IPAccounting",
    host("the Engine counts for each container"),
  ),
  ...rowsFor(
    "MemoryMax MemoryLimit MemoryHigh MemoryMin MemoryLow DefaultMemoryMin DefaultMemoryLow",
    client("write --memory or --memory-reservation on the docker run line"),
  ),
  MemorySwapMax: client("write --memory-swap on the docker run line"),
  ...rowsFor("CPUQuota CPUQuotaPeriodSec", client("write --cpus on the docker run line")),
  ...rowsFor(
    "CPUShares StartupCPUShares CPUWeight StartupCPUWeight",
    client("write --cpu-shares on the docker run line"),
  ),
  ...rowsFor(
    "CPUAffinity AllowedCPUs StartupAllowedCPUs",
    client("write --cpuset-cpus on the docker run line"),
  ),
  ...rowsFor(
    "AllowedMemoryNodes StartupAllowedMemoryNodes NUMAPolicy NUMAMask",
    client("write --cpuset-mems on the docker run line"),
  ),
  TasksMax: client("write --pids-limit on the docker run line"),
  OOMScoreAdjust: client("write --oom-score-adj on the docker run line"),
  ...rowsFor(
    "BlockIOWeight StartupBlockIOWeight IOWeight StartupIOWeight",
    client("write --blkio-weight on the docker run line"),
  ),
  ...rowsFor(
    "LimitCPU LimitFSIZE LimitDATA LimitSTACK LimitCORE LimitRSS LimitNOFILE LimitAS LimitNPROC LimitMEMLOCK LimitLOCKS LimitSIGPENDING LimitMSGQUEUE LimitNICE LimitRTPRIO LimitRTTIME",
    client("write --ulimit on the docker run line"),
  ),
  ...rowsFor(
    "Nice IOSchedulingClass IOSchedulingPriority CPUSchedulingPolicy CPUSchedulingPriority CPUSchedulingResetOnFork TimerSlackNSec CoredumpFilter IODeviceWeight IOReadBandwidthMax IOWriteBandwidthMax IOReadIOPSMax IOWriteIOPSMax IODeviceLatencyTargetSec BlockIODeviceWeight BlockIOReadBandwidth BlockIOWriteBandwidth ManagedOOMSwap ManagedOOMMemoryPressure ManagedOOMMemoryPressureLimit ManagedOOMPreference",
    client("remove it"),
  ),
};

const sandboxDirectives: DirectiveTable = {
  ...rowsFor(
    "CapabilityBoundingSet AmbientCapabilities SecureBits",
    client("write --cap-drop and --cap-add on the docker run line"),
  ),
  NoNewPrivileges: client("write --security-opt no-new-privileges on the docker run line"),
  ...rowsFor(
    "SystemCallFilter SystemCallArchitectures SystemCallErrorNumber SystemCallLog AppArmorProfile SELinuxContext SmackProcessLabel",
    client("write --security-opt on the docker run line"),
  ),
  ...rowsFor(
    "ReadWriteDirectories ReadOnlyDirectories InaccessibleDirectories ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths BindPaths BindReadOnlyPaths ProtectSystem ProtectHome PrivateMounts MountFlags MountAPIVFS RootDirectory RootImage RootImageOptions RootHash RootHashSignature RootVerity ExtensionDirectories ExtensionImages MountImages",
    client("write -v or --read-only on the docker run line"),
  ),
  ...rowsFor("PrivateTmp TemporaryFileSystem", client("write --tmpfs on the docker run line")),
  ...rowsFor("PrivateDevices DeviceAllow DevicePolicy", client("write --device on the docker run line")),
  ...rowsFor(
    "PrivateNetwork NetworkNamespacePath IPAddressAllow IPAddressDeny IPIngressFilterPath IPEgressFilterPath SocketBindAllow SocketBindDeny RestrictNetworkInterfaces RestrictAddressFamilies",
    client("write --network on the docker run line"),
  ),
  ...rowsFor(
    "ProtectProc ProcSubset PrivateUsers PrivateIPC IPCNamespacePath ProtectHostname ProtectClock ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectControlGroups RestrictNamespaces RestrictRealtime RestrictSUIDSGID RestrictFileSystems LockPersonality Personality MemoryDenyWriteExecute BPFProgram ExecSearchPath",
    client("remove it"),
  ),
  ...rowsFor(
    "RuntimeDirectory RuntimeDirectoryMode RuntimeDirectoryPreserve StateDirectory StateDirectoryMode CacheDirectory CacheDirectoryMode LogsDirectory LogsDirectoryMode ConfigurationDirectory ConfigurationDirectoryMode",
    client("use a named volume: -v NAME:/path"),
  ),
  ...rowsFor(
    "LoadCredential LoadCredentialEncrypted SetCredential SetCredentialEncrypted",
    refused(
      "credentials of systemd are not supported",
      "declare the value under secrets in mysysconfig.yaml",
    ),
  ),
};

/** Directives of [Service]: systemd.service(5), systemd.exec(5), systemd.kill(5), systemd.resource-control(5). */
export const serviceDirectives: DirectiveTable = {
  ...execDirectives,
  ...lifeDirectives,
  ...outputDirectives,
  ...identityDirectives,
  ...resourceDirectives,
  ...sandboxDirectives,
};
