{% include "drf_spectacular/swagger_ui.js" %}

// Whoever runs the login here is signed in, also after a reload (persistAuthorization).
const intercept = ui.getConfigs().responseInterceptor;

ui.getConfigs().responseInterceptor = (response, ...args) => {
  const path = new URL(response.url, document.baseURI).pathname;
  if (response.ok && ["/api/v1/auth/login", "/api/v1/auth/register"].includes(path)) {
    const schema = ui.specSelectors.specJson().getIn(["components", "securitySchemes", "bearer"]).toJS();
    const { access_token: value } = JSON.parse(response.text);
    ui.authActions.authorizeWithPersistOption({ bearer: { name: "bearer", schema, value } });
  }
  return intercept(response, ...args);
};
