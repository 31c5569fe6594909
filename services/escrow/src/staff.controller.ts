import { RolesAllowed, Summary } from '@holdfast/service';
import { Controller, Get } from '@nestjs/common';
import { StaffDecisions } from './queries/staff-decisions.ts';

/** IN: what of the staff's decisions waits for a second person (S-11). */
@Controller('v1/staff-decisions')
@RolesAllowed('operator')
export class StaffController {
  constructor(private readonly decisions: StaffDecisions) {}

  @Summary(
    'Decisions about the platform’s money: first what waits for a second person, and until when (S-11).',
  )
  @Get()
  list(): Promise<object> {
    return this.decisions.list();
  }
}
