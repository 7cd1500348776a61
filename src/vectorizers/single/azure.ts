// When settings of OpenAI mean its models as Azure runs them.

/** True where they say so, or name a resource and a deployment. */
export function isAzure({
  settings,
}: {
  readonly settings: Readonly<Record<string, unknown>>;
}): boolean {
  return (
    settings['isAzure'] === true || Boolean(settings['resourceName'] && settings['deploymentId'])
  );
}
