import { lookup } from 'node:dns/promises';
import { describe, expect, it, vi } from 'vitest';
import { loopbackAddress } from '../../src/cli/loopback.ts';

vi.mock('node:dns/promises', () => ({ lookup: vi.fn<typeof lookup>() }));

const found = (...addresses: readonly string[]): void =>
  void vi
    .mocked(lookup, { partial: true })
    .mockResolvedValueOnce(
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })) as never,
    );

describe('localhost', () => {
  it('stands for the first of its addresses when all are loopback', async () => {
    found('::1', '127.0.0.1');

    expect(await loopbackAddress('localhost')).toBe('::1');
  });

  it('stands for none when one of them is not: somebody edited /etc/hosts', async () => {
    found('127.0.0.1', '10.0.0.7');

    expect(await loopbackAddress('localhost')).toBeUndefined();
  });

  it('stands for none when it has none, or cannot be looked up', async () => {
    found();
    expect(await loopbackAddress('localhost')).toBeUndefined();

    vi.mocked(lookup).mockRejectedValueOnce(new Error('ENOTFOUND'));
    expect(await loopbackAddress('localhost')).toBeUndefined();
  });
});

it('another name is not looked up, whatever it might stand for', async () => {
  vi.mocked(lookup).mockClear();

  expect(await loopbackAddress('extender')).toBeUndefined();
  expect(lookup).not.toHaveBeenCalled();
});
