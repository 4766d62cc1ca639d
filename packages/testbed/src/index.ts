// Breaking the way to them.
export type {
  FaultProxy as TcpProxy,
  FaultProxyMode as TcpProxyMode,
  FaultProxyOptions as TcpProxyOptions,
} from "@tenure/conformance";
export { startFaultProxy as startTcpProxy } from "@tenure/conformance";
// Starting servers.
export type { ApiRequestOptions, ApiResponse } from "./api-client.ts";
export type { ApiserverControl } from "./apiserver-control.ts";
export { cacheRoot } from "./cache-folder.ts";
export type { CertificateAuthority } from "./certificates.ts";
export { createCertificateAuthority } from "./certificates.ts";
export type { ClientGoEvent, ClientGoOptions } from "./client-go.ts";
export { ClientGoParticipant } from "./client-go.ts";
export { EtcdClient, type EtcdUser } from "./etcd/etcd-client.ts";
export { EtcdGatewayError } from "./etcd/gateway.ts";
export type { EtcdMember, EtcdMinor, EtcdServers, StartEtcdOptions } from "./etcd/start-etcd-servers.ts";
export { startEtcdServers } from "./etcd/start-etcd-servers.ts";
export type { Executable, FindServersOptions, FoundServers, ServerExecutables } from "./find-servers.ts";
export { findServers } from "./find-servers.ts";
export { freePort } from "./free-port.ts";
export { buildGoPrograms, cacheFolder } from "./go-build.ts";
export type { KubeconfigContents } from "./kubeconfig.ts";
export type { FindProgramOptions, ProgramSearch } from "./obtain/find-program.ts";
export { findProgram } from "./obtain/find-program.ts";
export type { FoundProgram } from "./obtain/program-version.ts";
export type { ServerName } from "./obtain/server-programs.ts";
export { SERVER_NAMES } from "./obtain/server-programs.ts";
export type { PollOptions } from "./poll.ts";
export { pollUntil } from "./poll.ts";
export { RedisNode } from "./redis/redis-node.ts";
export { type RedisReply, RedisReplyError } from "./redis/resp.ts";
export type { RedisProgramOptions, RedisServer, StartRedisOptions } from "./redis/start-redis.ts";
export { startRedis } from "./redis/start-redis.ts";
export type { RoleBindingReference, RoleBindingSpec, RoleRule } from "./role-binding.ts";
export type { CommandResult } from "./run-command.ts";
export type { ServerControl } from "./server-control.ts";
export type { PickPort } from "./server-process.ts";
export { connectTestbed, startTestbed, startTestbedWith, Testbed } from "./testbed.ts";
export type { KubectlOptions, ServiceAccountCredentials, ServiceAccountSpec } from "./testbed-client.ts";
// Using them.
export { TestbedClient } from "./testbed-client.ts";
export type { ControlAddress, TestbedDescription, TestbedVersions } from "./testbed-description.ts";
export type { TlsFiles } from "./tls-files.ts";
export type { PinnedVersions } from "./versions.ts";
export { pinnedVersions } from "./versions.ts";
