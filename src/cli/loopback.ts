/**
 * Which addresses only this host can reach.
 *
 * @module
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv6 } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * The address that the host stands for, if it is one that only this host can reach; else undefined. Of names only
 * `localhost` is looked up, and all of its addresses must be such: whoever answers for another name may answer something
 * else later.
 */
export async function loopbackAddress(host: string): Promise<string | undefined> {
  if (isLoopback(host)) return host;
  if (host.toLowerCase() !== 'localhost') return undefined;
  const found = await lookup(host, { all: true }).catch(() => []);
  return found.every(({ address }) => isLoopback(address)) ? found[0]?.address : undefined;
}

/** Whether it is an address, of 127.0.0.0/8, also as an IPv6 address (::ffff:127.0.0.1), or ::1. */
export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
