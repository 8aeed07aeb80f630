package translate

// ImageParameters decides over every parameter of POST /images/generations.
var ImageParameters = []Parameter{
	{Name: "background", Decision: Refuse, Note: "transparent: Gemini's images are opaque; opaque and auto are accepted"},
	{Name: "extra_body", Decision: Map, To: "the native request", Note: "aspect_ratio, image_size, generation_config, safety_settings and tools under extra_body.google; Imagen's parameters by their names"},
	{Name: "google", Decision: Map, To: "the native request", Note: "the same as extra_body.google"},
	{Name: "model", Decision: Map, To: "the path", Note: "image models by generateContent, Imagen by predict where the site has it"},
	{Name: "moderation", Decision: Ignore, Note: "Gemini moderates by its safety settings: extra_body.google.safety_settings", Notice: true},
	{Name: "n", Decision: Map, To: "parallel calls, or parameters.sampleCount", Note: "1 to 10"},
	{Name: "output_compression", Decision: Emulate, Note: "the quality of a JPEG that is asked for; WebP is lossless here"},
	{Name: "output_format", Decision: Emulate, Note: "png, jpeg and webp (lossless), converted where Gemini's bytes differ; absent: what Gemini gives, named in the answer"},
	{Name: "partial_images", Decision: Ignore, Note: "Gemini sends finished images only, which OpenAI's streams may do too"},
	{Name: "prompt", Decision: Map, To: "contents, or instances[].prompt"},
	{Name: "quality", Decision: Map, To: "imageConfig.imageSize", Note: "without a size: hd and high are 2K, low and standard 1K, where the model has them"},
	{Name: "response_format", Decision: Emulate, Note: "b64_json, also when absent; url: a data URL, or one of this server where images.public_url is set"},
	{Name: "size", Decision: Map, To: "imageConfig.aspectRatio, imageSize", Note: "the nearest shape the model has; the pixels differ from OpenAI's"},
	{Name: "stream", Decision: Emulate, Note: "one image_generation.completed event an image"},
	{Name: "style", Decision: Ignore, Note: "Gemini has no setting for it: say it in the prompt", Notice: true},
	{Name: "user", Decision: Ignore, Note: "telemetry"},
}
