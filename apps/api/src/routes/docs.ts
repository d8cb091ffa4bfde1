import reference from '@scalar/fastify-api-reference';
import type { App } from '../app-type.ts';
import { referencePolicy } from '../http/page-policy.ts';

/** Serves the API reference at /docs. The page loads nothing from other hosts. */
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
      // These options would make the page call servers of its vendor or of third parties.
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
