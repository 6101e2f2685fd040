/** Every key of the Compose specification by its place, from the JSON schema that Compose 2.40.3 checks files with. */
export const specificationKeys: Readonly<Record<string, readonly string[]>> = {
  "": words("configs include models name networks secrets services version volumes"),
  "include[]": words("env_file path project_directory"),
  "services.*": words(
    "annotations attach blkio_config build cap_add cap_drop cgroup cgroup_parent command configs container_name cpu_count cpu_percent cpu_period cpu_quota cpu_rt_period cpu_rt_runtime cpu_shares cpus cpuset credential_spec depends_on deploy develop device_cgroup_rules devices dns dns_opt dns_search domainname entrypoint env_file environment expose extends external_links extra_hosts gpus group_add healthcheck hostname image init ipc isolation label_file labels links logging mac_address mem_limit mem_reservation mem_swappiness memswap_limit models network_mode networks oom_kill_disable oom_score_adj pid pids_limit platform ports post_start pre_stop privileged profiles provider pull_policy pull_refresh_after read_only restart runtime scale secrets security_opt shm_size stdin_open stop_grace_period stop_signal storage_opt sysctls tmpfs tty ulimits use_api_socket user userns_mode uts volumes volumes_from working_dir",
  ),
  "services.*.extends": words("file service"),
  "services.*.env_file[]": words("format path required"),
  "services.*.ports[]": words("app_protocol host_ip mode name protocol published target"),
  "services.*.volumes[]": words("bind consistency image read_only source target tmpfs type volume"),
  "services.*.volumes[].bind": words("create_host_path propagation recursive selinux"),
  "services.*.volumes[].volume": words("labels nocopy subpath"),
  "services.*.volumes[].tmpfs": words("mode size"),
  "services.*.volumes[].image": words("subpath"),
  "services.*.devices[]": words("permissions source target"),
  "services.*.gpus[]": words("capabilities count device_ids driver options"),
  "services.*.configs[]": words("gid mode source target uid"),
  "services.*.secrets[]": words("gid mode source target uid"),
  "services.*.networks.*": words(
    "aliases driver_opts gw_priority interface_name ipv4_address ipv6_address link_local_ips mac_address priority",
  ),
  "services.*.healthcheck": words("disable interval retries start_interval start_period test timeout"),
  "services.*.depends_on.*": words("condition required restart"),
  "services.*.logging": words("driver options"),
  "services.*.ulimits.*": words("hard soft"),
  "services.*.blkio_config": words(
    "device_read_bps device_read_iops device_write_bps device_write_iops weight weight_device",
  ),
  "services.*.blkio_config.weight_device[]": words("path weight"),
  "services.*.blkio_config.device_read_bps[]": words("path rate"),
  "services.*.blkio_config.device_read_iops[]": words("path rate"),
  "services.*.blkio_config.device_write_bps[]": words("path rate"),
  "services.*.blkio_config.device_write_iops[]": words("path rate"),
  "services.*.deploy": words(
    "endpoint_mode labels mode placement replicas resources restart_policy rollback_config update_config",
  ),
  "services.*.deploy.resources": words("limits reservations"),
  "services.*.deploy.resources.limits": words("cpus memory pids"),
  "services.*.deploy.resources.reservations": words("cpus devices generic_resources memory"),
  "services.*.deploy.resources.reservations.devices[]": words("capabilities count device_ids driver options"),
  "services.*.deploy.resources.reservations.generic_resources[]": words("discrete_resource_spec"),
  "services.*.deploy.resources.reservations.generic_resources[].discrete_resource_spec": words("kind value"),
  "services.*.deploy.placement": words("constraints max_replicas_per_node preferences"),
  "services.*.deploy.placement.preferences[]": words("spread"),
  "services.*.deploy.restart_policy": words("condition delay max_attempts window"),
  "services.*.deploy.update_config": words(
    "delay failure_action max_failure_ratio monitor order parallelism",
  ),
  "services.*.deploy.rollback_config": words(
    "delay failure_action max_failure_ratio monitor order parallelism",
  ),
  "networks.*": words(
    "attachable driver driver_opts enable_ipv4 enable_ipv6 external internal ipam labels name",
  ),
  "networks.*.ipam": words("config driver options"),
  "networks.*.ipam.config[]": words("aux_addresses gateway ip_range subnet"),
  "networks.*.external": words("name"),
  "volumes.*": words("driver driver_opts external labels name"),
  "volumes.*.external": words("name"),
  "configs.*": words("content environment external file labels name template_driver"),
  "configs.*.external": words("name"),
  "secrets.*": words("driver driver_opts environment external file labels name template_driver"),
  "secrets.*.external": words("name"),
};

function words(text: string): readonly string[] {
  return text.split(" ");
}
