import { runProcess, startService } from '@holdfast/service';
import { sandboxFrom } from '@holdfast/simulator-clock';
import { startup } from './contracts.module.ts';

// The same service with a business clock that the sandbox moves; not part of the production image.
await runProcess(() => startService({ ...startup, sandbox: sandboxFrom(process.env) }));
