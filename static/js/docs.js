// Starts Swagger UI on the description that the page names.
"use strict";
(() => {
  const place = document.getElementById("api");
  window.SwaggerUIBundle({
    url: place.dataset.description,
    domNode: place,
    deepLinking: true,
    // No badge of a validator elsewhere: nothing leaves this machine.
    validatorUrl: null,
  });
})();
