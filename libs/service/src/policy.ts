import { Rejection } from '@holdfast/domain';
import { type MessageRef, newId, type Rows, UnitOfWork } from '@holdfast/messaging';
import { defineEntity, MikroORM, p } from '@mikro-orm/postgresql';
import { Body, Controller, Get, Inject, Put } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { z } from 'zod';
import { Caller, type Party, RolesAllowed } from './authentication.ts';
import { Summary } from './openapi.ts';
import { Message } from './request.ts';
import type { ServiceDefinition } from './service-definition.ts';
import { DEFINITION } from './tokens.ts';

/** The settings as they hold now, in one row. */
export const PolicyTable = defineEntity({
  name: 'Policy',
  tableName: 'policies',
  properties: {
    id: p.uuid().primary(),
    settings: p.json<Record<string, unknown>>(),
    version: p.integer(),
  },
});

/** Every change, with person and reason (section 0.2 of docs/domain-rules.md). */
export const PolicyChangeTable = defineEntity({
  name: 'PolicyChange',
  tableName: 'policy_changes',
  properties: {
    id: p.uuid().primary(),
    settings: p.json<Record<string, unknown>>(),
    changedBy: p.text(),
    reason: p.text(),
    changedAt: p.datetime(),
    version: p.integer(),
  },
});

export const policySchema = [
  'create table policies (id uuid primary key, settings jsonb not null, version integer not null)',
  `create table policy_changes (
    id uuid primary key, settings jsonb not null, changed_by text not null, reason text not null,
    changed_at timestamptz not null, version integer not null
  )`,
];
export const policyGrants = { policies: 'select, insert, update', policy_changes: 'select, insert' };

const policyId = '00000000-0000-7000-8000-000000000001';

/** The settings as they hold at the moment of the act: defaults where nobody has changed anything. */
export async function currentSettings<S extends z.ZodObject>(
  rows: Rows,
  { schema, defaults }: { schema: S; defaults: Readonly<Record<string, unknown>> },
): Promise<z.output<S>> {
  const row = await rows.peek(PolicyTable, { id: policyId });
  return schema.parse({ ...defaults, ...(row?.settings as object) }) as z.output<S>;
}

const PolicyBody = z.strictObject({
  settings: z.record(z.string().max(60), z.union([z.int(), z.string().max(60), z.boolean()])),
  reason: z.string().min(1).max(500),
});

export class ChangePolicy extends Command<{ settings: Record<string, unknown> }> {
  constructor(
    readonly input: { message: MessageRef; by: string; settings: Record<string, unknown>; reason: string },
  ) {
    super();
  }
}

/** @throws Rejection policy.setting_unknown | policy.value_refused */
@CommandHandler(ChangePolicy)
export class ChangePolicyHandler implements ICommandHandler<ChangePolicy> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject(DEFINITION) private readonly definition: ServiceDefinition,
  ) {}

  execute(command: ChangePolicy): Promise<{ settings: Record<string, unknown> }> {
    return this.unitOfWork.once(command, async (tx) => {
      const { settings, by, reason } = command.input;
      const { schema, defaults } = this.definition.settings;
      const unknown = Object.keys(settings).filter((name) => !Object.hasOwn(defaults, name));
      if (unknown.length > 0) throw new Rejection('policy.setting_unknown', { settings: unknown });
      const known = await tx.one(PolicyTable, { id: policyId });
      const changed = { ...defaults, ...(known?.settings as object), ...settings };
      const checked = schema.safeParse(changed);
      if (!checked.success) {
        const names = checked.error.issues.map((issue) => issue.path.join('.'));
        throw new Rejection('policy.value_refused', { settings: names });
      }
      const row = { id: policyId, settings: changed };
      if (known) tx.save(PolicyTable, row);
      else tx.insert(PolicyTable, row);
      tx.insert(PolicyChangeTable, { id: newId(), settings, changedBy: by, reason, changedAt: tx.now });
      return { settings: changed } as never;
    });
  }
}

/** The settings this service owns: one operator route in each service. */
@Controller('v1/policy')
@RolesAllowed('operator')
export class PolicyController {
  constructor(
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    @Inject(DEFINITION) private readonly definition: ServiceDefinition,
  ) {}

  @Summary('The settings this service owns, as they hold now.')
  @Get()
  async read(): Promise<{ service: string; settings: Record<string, unknown> }> {
    const row = await this.orm.em.fork().findOne(PolicyTable, { id: policyId });
    const { name, settings } = this.definition;
    return { service: name, settings: { ...settings.defaults, ...(row?.settings as object) } };
  }

  @Summary('Changes settings; person and reason are recorded.')
  @Put()
  change(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Body({ schema: PolicyBody }) { settings, reason }: z.output<typeof PolicyBody>,
  ): Promise<{ settings: Record<string, unknown> }> {
    return this.commands.execute(new ChangePolicy({ message, by: accountId, settings, reason }));
  }
}
