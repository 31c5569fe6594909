import { runProcess, startService } from '@holdfast/service';
import { startup } from './contracts.module.ts';

await runProcess(() => startService(startup));
