import type { Command, Context } from '../../command.ts';
import { commandError } from '../../errors.ts';
import { openProfile, type Profile, type ProfileSubscription } from '../../profile.ts';
import { subscriptionArgument } from './subscription-argument.ts';

export const command: Command = {
  name: 'account set',
  summary: 'Set a subscription to be the current active subscription.',
  arguments: [{ ...subscriptionArgument, required: true }],
  async run(context, args) {
    const given = args.need('subscription');
    const wanted = given.toLowerCase();
    const profile = openProfile(context.config.directory);
    const all = profile.subscriptions();
    const byId = all.filter((one) => one.id.toLowerCase() === wanted);
    const matches = byId.length ? byId : all.filter((one) => one.name.toLowerCase() === wanted);
    if (matches.length > 1) {
      throw commandError(`Multiple subscriptions with the name '${given}' found. Specify the subscription ID.`);
    }
    const chosen = matches[0] ?? (await newlySeen(context, profile, wanted));
    if (!chosen) throw commandError(`The subscription of '${given}' doesn't exist in cloud 'AzureCloud'.`);
    const others = all.filter((one) => one !== chosen).map((one) => ({ ...one, isDefault: false }));
    profile.save([...others, { ...chosen, isDefault: true }]);
    return undefined;
  },
};

/**
 * A subscription that the server has had only since the login. The public client wants a new login for that; here a local run
 * may make the subscription that its pipeline names, so the server is asked.
 */
async function newlySeen(context: Context, profile: Profile, id: string): Promise<ProfileSubscription | undefined> {
  const user = profile.subscriptions().find((one) => one.isDefault);
  if (!user || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return undefined;
  const [{ createArm }, { tokenFor }] = await Promise.all([import('../../arm.ts'), import('../../session.ts')]);
  const http = await context.http();
  const token = (resource: string) => tokenFor(profile, http, context.io.env, user, resource);
  const found = await createArm(http, { subscription: user, token }).find<{ displayName?: string; state?: string }>({
    path: `/subscriptions/${id}`,
    apiVersion: '2022-12-01',
  });
  return found && { ...user, id, name: found.displayName ?? id, state: found.state ?? 'Enabled' };
}
