import { type AddressRange, checkWebhookUrl, mayConnect, parseRange } from '@baton/core/internal';
import { describe, expect, test } from 'vitest';

function ranges(...texts: string[]): AddressRange[] {
  return texts.map((text) => {
    const range = parseRange(text);
    if (!range) throw new Error(`expected a range: ${text}`);
    return range;
  });
}

describe('connecting a webhook to the address', () => {
  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.1.2', 'loopback'],
    ['0.0.0.0', 'this host'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.169.254', 'link-local, cloud metadata'],
    ['100.100.100.200', 'carrier-grade NAT, cloud metadata'],
    ['168.63.129.16', 'the wire server of a cloud provider'],
    ['192.0.0.192', 'cloud metadata'],
    ['198.18.0.1', 'benchmarking'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'this host'],
    ['::1', 'loopback'],
    ['::ffff:127.0.0.1', 'IPv4-mapped IPv6'],
    ['::ffff:7f00:1', 'IPv4-mapped IPv6 in hexadecimal'],
    ['::ffff:a9fe:a9fe', 'cloud metadata as IPv4-mapped IPv6'],
    ['::7f00:1', 'IPv4-compatible IPv6, a deprecated form'],
    ['64:ff9b::7f00:1', 'NAT64 of loopback'],
    ['2002:7f00:1::', '6to4 of loopback'],
    ['fd00:ec2::254', 'unique local, cloud metadata'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['2001:db8::1', 'documentation'],
    ['localhost', 'not an IP address'],
    ['', 'not an IP address'],
  ])('%s is refused: %s', (address) => {
    expect(mayConnect(address, 'https:', [])).toBe(false);
  });

  test.each(['8.8.8.8', '93.184.215.14', '2606:4700::1111', '::ffff:8.8.8.8'])(
    '%s is allowed over https, and over http only if the operator lists it',
    (address) => {
      expect(mayConnect(address, 'https:', [])).toBe(true);
      expect(mayConnect(address, 'http:', [])).toBe(false);
      expect(mayConnect(address, 'http:', ranges('8.8.8.8', '93.0.0.0/8', '2606::/16'))).toBe(true);
    },
  );

  test('of a private host is allowed if the operator lists it, even as an IPv4-mapped IPv6 address', () => {
    const allowed = ranges('127.0.0.0/8', 'fd00::/8');
    expect(mayConnect('127.0.0.1', 'http:', allowed)).toBe(true);
    expect(mayConnect('::ffff:127.0.0.1', 'http:', allowed)).toBe(true);
    expect(mayConnect('fd12::1', 'https:', allowed)).toBe(true);
    expect(mayConnect('10.0.0.1', 'https:', allowed)).toBe(false);
    expect(mayConnect('::1', 'https:', allowed)).toBe(false);
  });
});

describe('the URL of a webhook', () => {
  test.each([
    'https://127.0.0.1/x',
    'https://2130706433/x',
    'https://0x7f.1/x',
    'https://[::1]/x',
    'https://[::ffff:127.0.0.1]/x',
    'https://localhost/x',
    'https://a.localhost./x',
    'http://example.com/x',
  ])('%s is refused when the webhook is created', (url) => {
    expect(() => checkWebhookUrl(url, [])).toThrow(
      expect.objectContaining({ code: 'WEBHOOK_URL_NOT_ALLOWED', details: { field: 'url' } }),
    );
  });

  test.each(['https://example.com/x', 'https://8.8.8.8:8443/x'])('%s is accepted', (url) => {
    expect(() => checkWebhookUrl(url, [])).not.toThrow();
  });

  test('may name a local host if the operator lists any address, because each request is checked later', () => {
    expect(() => checkWebhookUrl('http://localhost:1/x', ranges('127.0.0.1'))).not.toThrow();
    expect(() => checkWebhookUrl('http://10.0.0.1/x', ranges('127.0.0.1'))).toThrow();
  });
});
