import { expect, test } from '@jest/globals';
import { applied, changesOf } from './patch.ts';

const patch = `--- a/fee.ts
+++ b/fee.ts
@@ -1,3 +1,3 @@
 const a = 1;
-const b = 2;
+const b = 3;

@@ -9 +9,2 @@
 const z = 9;
+const end = 10;
--- a/other.ts
+++ b/other.ts
@@ -1 +0,0 @@
-gone
`;
const [first, second, third] = changesOf(patch);

test('a change for each hunk, of the file before it', () => {
  expect(first).toEqual({
    path: 'fee.ts',
    before: 'const a = 1;\nconst b = 2;\n\n',
    after: 'const a = 1;\nconst b = 3;\n\n',
  });
  expect([second!.path, third!.path]).toEqual(['fee.ts', 'other.ts']);
  expect(third).toMatchObject({ before: 'gone\n', after: '' });
});

test('it is found by its lines, wherever they have moved', () => {
  const text = 'import x;\nconst a = 1;\nconst b = 2;\n\nconst c = 4;\n';
  expect(applied(text, first!)).toBe('import x;\nconst a = 1;\nconst b = 3;\n\nconst c = 4;\n');
  expect(applied('gone\nrest\n', third!)).toBe('rest\n');
});

test('what is not there, or there twice, is refused, and so is half a line', () => {
  expect(() => applied('const a = 1;\nconst b = 5;\n\n', first!)).toThrow('not there');
  expect(() => applied('export const z = 9;\n', second!)).toThrow('not there');
  expect(() => applied('const z = 9;\nconst z = 9;\n', second!)).toThrow('twice');
});
