/** Gives the AWS SDK, which reads its variables from the process by itself, those that `.env` has. */
export function fillSdkEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  environment: Record<string, string | undefined>
): void {
  for (const [name, value] of Object.entries(variables)) if (name.startsWith('AWS_')) environment[name] ??= value
}
