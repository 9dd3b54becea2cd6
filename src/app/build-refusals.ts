// From the settings about refusals to what the pipeline answers with.
import type { RouteConfig, SettingsConfig } from '../config/schema.ts';
import type { Issue, IssuePath } from '../core/issue.ts';
import { type RefusalTemplate, compileTemplate } from '../core/refusal-template.ts';
import type { RefusalSettings, RouteRefusals } from '../pipeline/refusal-settings.ts';
import type { SettingFiles } from './setting-files.ts';

export interface RefusalsContext {
  readonly files: SettingFiles;
  readonly issues: Issue[];
}

export async function buildRefusals(
  config: SettingsConfig,
  context: RefusalsContext,
): Promise<RefusalSettings> {
  return {
    showsDetails: config.show_error_details,
    status: config.refusal_status,
    enrolUrl: config.enrol_url,
    template: await templateFrom(config.refusal_template_file, [], context),
  };
}

/** Most routes say nothing of their own: they share one object. */
const NOTHING: RouteRefusals = {};

/** `at`: where the route stands. */
export async function routeRefusals(
  { show_error_details: showsDetails, refusal_template_file: file }: RouteConfig,
  at: IssuePath,
  context: RefusalsContext,
): Promise<RouteRefusals> {
  if (showsDetails === undefined && file === undefined) return NOTHING;
  const template = await templateFrom(file, at, context);
  return { ...(showsDetails !== undefined && { showsDetails }), ...(template && { template }) };
}

async function templateFrom(
  file: string | undefined,
  at: IssuePath,
  { files, issues }: RefusalsContext,
): Promise<RefusalTemplate | undefined> {
  if (file === undefined) return undefined;
  const path = [...at, 'refusal_template_file'];
  const text = await files.read(file, path);
  const template = text === undefined ? undefined : compileTemplate(text);
  if (typeof template !== 'string') return template;
  issues.push({ path, message: `${file}: ${template}` });
  return undefined;
}
