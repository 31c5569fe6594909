import { readFileSync, writeFileSync } from 'node:fs';

// `npm install` leaves optional packages for other platforms out of the lock file when its registry does not offer
// them, and `npm ci` then refuses the lock. Run this after every `npm install`: it adds what is missing, by name and
// version as their parents ask for them.

const file = new URL('../package-lock.json', import.meta.url);
const systems = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'aix',
  'win32',
];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

const lock = JSON.parse(readFileSync(file, 'utf8'));
const { packages } = lock;
const added = [];
for (const [path, parent] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    if (isInstalledFor(path, name) || !/^\d/.test(version)) continue;
    packages[`node_modules/${name}`] = entryOf(name, version, parent.dev === true);
    added.push(name);
  }
}
const { '': root, ...others } = packages;
lock.packages = {
  '': root,
  ...Object.fromEntries(Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1))),
};
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added.length} optional packages added to package-lock.json`);

function isInstalledFor(path, name) {
  for (let place = path; ; place = place.slice(0, place.lastIndexOf('/node_modules/'))) {
    if (packages[`${place}/node_modules/${name}`]) return true;
    if (!place.includes('/node_modules/')) break;
  }
  return packages[`node_modules/${name}`] !== undefined;
}

function entryOf(name, version, dev) {
  const words = name.split('/').at(-1).replaceAll('_', '-').split('-');
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  const libc = words.includes('musl')
    ? ['musl']
    : words.includes('gnu') && os.includes('linux')
      ? ['glibc']
      : [];
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(dev ? { dev } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}
