import { describe, expect, test } from 'vitest';
import { contentDisposition } from '../../../../apps/api/src/http/content-disposition.ts';
import { keepFilePath } from '../../../../apps/api/src/http/file-paths.ts';
import { looksLikeText } from '../../../../apps/api/src/http/looks-like-text.ts';

describe('the header content-disposition', () => {
  test.each([
    ['a.txt', `attachment; filename="a.txt"; filename*=UTF-8''a.txt`],
    [
      'a"\r\nset-cookie: b',
      `attachment; filename="a___set-cookie__b"; filename*=UTF-8''a%22%0D%0Aset-cookie%3A%20b`,
    ],
    ['é', `attachment; filename="_"; filename*=UTF-8''%C3%A9`],
  ])('holds the name %j safely', (name, expected) => {
    expect(contentDisposition('attachment', name)).toBe(expected);
  });
});

describe('the beginning of a file', () => {
  test.each([
    ['plain', true],
    ['', true],
    ['é'.repeat(5000), true],
    [`x${'é'.repeat(5000)}`, true],
    ['a\0b', false],
  ])('%# is text: %j', (text, expected) => {
    expect(looksLikeText(Buffer.from(text))).toBe(expected);
  });

  test('is no text if its bytes are not UTF-8', () => {
    expect(looksLikeText(Buffer.from([0x61, 0xff, 0x62, 0x63, 0x64, 0x65]))).toBe(false);
  });
});

test('only the path of a captured file is encoded once more', () => {
  expect(keepFilePath('/v1/sessions/a/files/b%FF/c?d=%20')).toBe(
    '/v1/sessions/a/files/b%25FF/c?d=%20',
  );
  for (const url of [
    '/v1/sessions/a/files?path=%20',
    '/v1/sessions/a%20/events',
    '/%20/files/%20',
  ]) {
    expect(keepFilePath(url)).toBe(url);
  }
});
