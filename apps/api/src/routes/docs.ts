import reference from '@scalar/fastify-api-reference';
import type { App } from '../app-type.ts';
import { referencePolicy } from '../http/page-policy.ts';

/** A readable page of the OpenAPI document at /docs, whole without a network. */
export async function registerDocs(app: App): Promise<void> {
  await app.register(reference, {
    routePrefix: '/docs',
    logLevel: 'warn',
    hooks: { onRequest: referencePolicy },
    configuration: {
      url: '/openapi.json',
      pageTitle: 'Baton API',
      authentication: { preferredSecurityScheme: 'key' },
      orderSchemaPropertiesBy: 'preserve',
      documentDownloadType: 'json',
      // Everything that would call home, or a server of somebody else.
      telemetry: false,
      withDefaultFonts: false,
      proxyUrl: '',
      agent: { disabled: true },
      mcp: { disabled: true },
      showDeveloperTools: 'never',
      hideClientButton: true,
    },
  });
}
