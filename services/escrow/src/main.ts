import { runProcess, startService } from '@holdfast/service';
import { startup } from './escrow.module.ts';

await runProcess(() => startService(startup));
