// What an instance is called, and all that is known of it, in words. Pure.

import type { InstanceView } from 'presence-wasm';

/** A program is known by its machine, a person by their name. */
export function titleOf(entry: InstanceView): string {
  const isProgram = entry.text !== undefined;
  return (isProgram ? entry.host : undefined) || entry.name || entry.host || entry.instanceId;
}

export function hostOf(entry: InstanceView): string {
  return entry.host ?? '';
}

/** Who and what else stands behind the title, without saying anything twice. */
export function aboutOf(entry: InstanceView): string {
  const { name, mode, deviceFamily, platform, version } = entry;
  const title = titleOf(entry);
  // A browser knows no host name and says "Chrome on Linux" there.
  const device = deviceFamily ?? platform;
  const parts = [mode === 'gateway' ? 'this server' : name, entry.host, device];
  const said = [title];
  for (const part of parts) {
    if (part && !said.some((one) => one.includes(part))) said.push(part);
  }
  if (version) said.push(`v${version}`);
  return said.slice(1).join(' · ');
}

/** Every field that has a value, under the name it has on the wire. */
export function fieldsOf(entry: InstanceView): readonly (readonly [name: string, value: string])[] {
  const fields: readonly [string, string | readonly string[] | undefined][] = [
    ['status', `${entry.status}, ${entry.liveness}`],
    ['host', entry.host],
    ['ip', entry.ip],
    ['version', entry.version],
    ['platform', entry.platform],
    ['deviceFamily', entry.deviceFamily],
    ['modelIdentifier', entry.modelIdentifier],
    ['mode', entry.mode],
    ['reason', entry.reason],
    ['roles', entry.roles],
    ['scopes', entry.scopes],
    ['tags', entry.tags],
    ['text', entry.text],
    ['userId', entry.userId],
    ['name', entry.name],
    ['clientId', entry.clientId],
    ['agentId', entry.agentId],
    ['deviceId', entry.deviceId],
    ['instanceId', entry.instanceId],
    ['sessions', entry.sessions],
    ['ts', new Date(entry.ts).toISOString()],
  ];
  return fields.flatMap(([name, value]) => {
    const text = typeof value === 'string' ? value : (value ?? []).join(', ');
    return text === '' ? [] : [[name, text] as const];
  });
}
