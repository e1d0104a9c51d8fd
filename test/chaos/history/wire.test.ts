import { describe, expect, it } from 'vitest';
import { readPod } from './pod-record.ts';
import { Message } from './wire.ts';

/** A field of bytes, of text or of other fields. */
function bytes(field: number, content: string | Buffer): Buffer {
  const buffer = Buffer.from(content);
  return Buffer.concat([varint(field * 8 + 2), varint(buffer.length), buffer]);
}

function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  while (rest >= 128) {
    out.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...out, rest]);
}

function entry(key: string, value: string | Buffer): Buffer {
  return Buffer.concat([bytes(1, key), bytes(2, value)]);
}

/** A pod of these fields, as etcd holds it. */
function stored(...parts: Buffer[]): Buffer {
  return Buffer.concat([Buffer.from('k8s\0'), bytes(2, Buffer.concat(parts))]);
}

describe('messages', () => {
  it('texts, numbers, messages and maps by field, absent ones as empty', () => {
    const message = new Message(
      Buffer.concat([
        bytes(1, 'first'),
        bytes(1, 'last'),
        integer(2, 300_000_000_000),
        bytes(3, bytes(1, 'inner')),
        bytes(4, entry('k', 'v')),
        bytes(4, entry('l', '')),
        // Fixed-width fields are skipped.
        Buffer.from([5 * 8 + 1, 1, 2, 3, 4, 5, 6, 7, 8]),
        Buffer.from([6 * 8 + 5, 1, 2, 3, 4]),
        bytes(200, 'far'),
      ]),
    );

    expect(message.text(1)).toBe('last');
    expect(message.integer(2)).toBe(300_000_000_000);
    expect(message.message(3).text(1)).toBe('inner');
    expect(message.texts(4)).toEqual({ k: 'v', l: '' });
    expect(message.text(200)).toBe('far');
    expect([message.text(9), message.integer(9), message.has(9), message.messages(9)]).toEqual([
      '',
      0,
      false,
      [],
    ]);
  });

  it.each([
    ['within a number', Buffer.from([0x08, 0x80])],
    ['within a field', Buffer.from([0x0a, 5, 1])],
    ['with a group', Buffer.from([0x0b])],
  ])('that end %s are refused', (_case, broken) => {
    expect(() => new Message(broken)).toThrow(/the message ends|wire type/);
  });
});

describe('a pod in etcd', () => {
  it('is read as the API server wrote it', () => {
    const requests = (cpu: string): Buffer => bytes(2, bytes(8, bytes(2, entry('cpu', bytes(1, cpu)))));
    const value = stored(
      bytes(
        1,
        Buffer.concat([
          bytes(1, 'p'),
          bytes(3, 'ns'),
          bytes(5, 'u'),
          bytes(9, ''),
          bytes(11, entry('a', 'b')),
        ]),
      ),
      bytes(2, Buffer.concat([requests('1500m'), requests('2'), bytes(10, 'big-0'), integer(25, 1_000)])),
      bytes(
        3,
        Buffer.concat([
          bytes(1, 'Running'),
          bytes(2, Buffer.concat([bytes(1, 'PodScheduled'), bytes(6, 'why')])),
          bytes(2, Buffer.concat([bytes(1, 'DisruptionTarget'), bytes(5, 'PreemptionByScheduler')])),
        ]),
      ),
    );

    expect(readPod(value)).toEqual({
      namespace: 'ns',
      name: 'p',
      uid: 'u',
      labels: { a: 'b' },
      nodeName: 'big-0',
      phase: 'Running',
      isTerminating: true,
      priority: 1_000,
      milliCpu: 3_500,
      isPreempted: true,
      waitReason: 'why',
    });
  });

  it('that has nothing but a name is not bound, and waits', () => {
    const pod = readPod(stored(bytes(1, bytes(1, 'p'))));

    expect(pod).toMatchObject({ nodeName: '', isTerminating: false, milliCpu: 0, isPreempted: false });
  });

  it('that is not written in protobuf is refused', () => {
    expect(() => readPod(Buffer.from('{"kind":"Pod"}'))).toThrow('something else than protobuf');
  });
});
