/** Copies the `AWS_` variables of `.env` to the process environment, where the AWS SDK reads them. */
export function fillSdkEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  environment: Record<string, string | undefined>
): void {
  for (const [name, value] of Object.entries(variables)) if (name.startsWith('AWS_')) environment[name] ??= value
}
