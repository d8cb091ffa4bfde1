import { connectMongo } from '@baton/core/internal';
import { expect, test } from 'vitest';

test.each([
  ['mongodb://localhost:27017', 'baton'],
  ['mongodb://localhost:27017/', 'baton'],
  ['mongodb://localhost:27017/other', 'other'],
  ['mongodb://user:pa%2Fss@a:1,b:2,c:3/other?replicaSet=rs', 'other'],
  ['mongodb://a:1,b:2/?replicaSet=rs', 'baton'],
  ['mongodb://a:1?tls=true', 'baton'],
])('the database name in %s is %s', async (url, name) => {
  const mongo = connectMongo(url);
  expect(mongo.db.databaseName).toBe(name);
  await mongo.close();
});

test.each([
  ['an unknown driver option', 'mongodb://u:hush@a:1/x?hush=1'],
  ['a dot in the database name', 'mongodb://u:hush@a:1/a.b'],
  ['no scheme', 'u:hush@a:1'],
])('a MongoDB URL with %s is refused, and the error does not quote it', (_, url) => {
  expect(() => connectMongo(url)).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  expect(() => connectMongo(url)).not.toThrow('hush');
});
