import { runProcess, startService } from '@holdfast/service';
import { startup } from './payouts.module.ts';

await runProcess(() => startService(startup));
