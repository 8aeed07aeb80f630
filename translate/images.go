package translate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gemway/gemway/gemini"
	"github.com/gemway/gemway/openai"
	"github.com/gemway/gemway/raw"
)

// MaxImages is how many images a request may ask for, as at OpenAI.
const MaxImages = 10

// MethodPredict is the native method of Imagen models.
const MethodPredict = "predict"

// Formats of images by OpenAI's names.
const (
	FormatPNG  = "png"
	FormatJPEG = "jpeg"
	FormatWebP = "webp"
)

// Images is a translated request for images and, once its calls are answered,
// its answer.
type Images struct {
	// Ignored names the parameters that have no effect although a caller might
	// miss them.
	Ignored []string
	// Stream is the client's wish, and so is URLs in place of base64.
	Stream, URLs bool
	// Format is the format asked for, "" when any will do; Quality is that of a
	// JPEG, 1 to 100, and 0 when none is asked for.
	Format  string
	Quality int

	model      *Model
	in         *openai.ImageRequest
	n, perCall int
	request    *gemini.GenerateContentRequest // unless the method is predict
	parameters map[string]raw.Value           // of predict
	results    []imageResult                  // by call
}

// NewImages translates a request for images. Its errors are *openai.Error and
// name the parameter at fault.
func NewImages(req *openai.ImageRequest, model *Model) (*Images, error) {
	if !model.Can("image") || model.Image.Method == "" {
		return nil, openai.Invalid("model", "unsupported_value", "model "+model.ID+" does not make images: choose an image model that GET /v1/models lists")
	}
	if req.Prompt.Empty() {
		return nil, openai.Invalid("prompt", "missing_required_parameter", "you must provide a prompt that is not empty")
	}
	g := &Images{model: model, in: req, Stream: req.Stream, n: 1, perCall: 1}
	if req.N != nil {
		g.n = int(min(int64(*req.N), MaxImages+1))
	}
	if g.n < 1 || g.n > MaxImages {
		return nil, openai.Invalid("n", "invalid_value", fmt.Sprintf("n must be between 1 and %d, got %d", MaxImages, int64(*req.N)))
	}
	ignored, err := applyTable(ImageParameters, req.Extra)
	if err != nil {
		return nil, err
	}
	g.Ignored = ignored
	if err := g.form(); err != nil {
		return nil, err
	}
	shape, err := model.Image.shape(req.Size, req.Quality)
	if err != nil {
		return nil, err
	}
	if model.Image.Method == MethodPredict {
		err = g.predict(shape)
	} else {
		err = g.generate(shape)
	}
	slices.Sort(g.Ignored)
	g.results = make([]imageResult, g.Calls())
	return g, err
}

// form checks what the images are to be delivered as.
func (g *Images) form() error {
	switch g.in.ResponseFormat {
	case "", "b64_json":
	case "url":
		g.URLs = true
	default:
		return openai.Invalid("response_format", "invalid_value", fmt.Sprintf("response_format must be b64_json or url, got %q", g.in.ResponseFormat))
	}
	switch g.in.OutputFormat {
	case "", FormatPNG, FormatJPEG, FormatWebP:
		g.Format = g.in.OutputFormat
	case "jpg":
		g.Format = FormatJPEG
	default:
		return openai.Invalid("output_format", "invalid_value", fmt.Sprintf("output_format must be png, jpeg or webp, got %q", g.in.OutputFormat))
	}
	if c := g.in.OutputCompression; c != nil {
		if *c < 0 || *c > 100 {
			return openai.Invalid("output_compression", "invalid_value", fmt.Sprintf("output_compression must be between 0 and 100, got %d", *c))
		}
		g.Quality = max(1, int(*c))
		if g.Format == FormatWebP && *c < 100 {
			g.Ignored = append(g.Ignored, "output_compression")
		}
	}
	switch g.in.Background {
	case "", "auto", "opaque":
	case "transparent":
		return openai.Invalid("background", "unsupported_value", "background transparent is not supported: Gemini's images are opaque; leave it out or use auto")
	default:
		return openai.Invalid("background", "invalid_value", fmt.Sprintf("background must be auto or opaque, got %q", g.in.Background))
	}
	if p := g.in.PartialImages; p != nil && (*p < 0 || *p > 3) {
		return openai.Invalid("partial_images", "invalid_value", fmt.Sprintf("partial_images must be between 0 and 3, got %d", *p))
	}
	return nil
}

// generate makes the request for an image model: that of a chat with one
// message, which gives images only, so that the prompt is not taken for a
// question.
func (g *Images) generate(shape imageShape) error {
	chat := &Chat{perCall: 1, model: g.model}
	t := &chatRequest{
		in:    &openai.ChatRequest{ExtraBody: g.in.ExtraBody, Google: g.in.Google},
		model: g.model, chat: chat, out: &gemini.GenerateContentRequest{}, config: &gemini.GenerationConfig{},
	}
	if err := t.google(); err != nil {
		return err
	}
	g.Ignored = append(g.Ignored, chat.Ignored...)
	asked := t.config.ImageConfig
	if asked == nil {
		asked = &gemini.ImageConfig{}
	}
	if err := g.model.Image.readShape(&shape, "extra_body.google", asked.AspectRatio, asked.ImageSize); err != nil {
		return err
	}
	if asked.ImageSize != "" && shape.size == "" {
		g.Ignored = append(g.Ignored, "extra_body.google.image_size")
	}
	asked.AspectRatio, asked.ImageSize = shape.ratio, shape.size
	t.config.ImageConfig = nil
	if asked.AspectRatio != "" || asked.ImageSize != "" || len(asked.Extra) > 0 {
		t.config.ImageConfig = asked
	}
	if t.config.ResponseModalities == nil {
		t.config.ResponseModalities = []string{"IMAGE"}
	}
	if g.perCall = chat.perCall; g.in.N == nil {
		g.n = min(g.perCall, MaxImages)
	}
	t.out.Contents = []gemini.Content{{Role: gemini.RoleUser, Parts: []gemini.Part{{Text: g.in.Prompt}}}}
	t.out.Tools = t.ext.tools
	t.out.GenerationConfig = t.config
	g.request = t.out
	return nil
}

// imagenParameters are Google's names of the parameters of Imagen that a
// client may set under extra_body.google, in camelCase.
var imagenParameters = []string{
	"addWatermark", "enhancePrompt", "language", "negativePrompt", "personGeneration", "safetySetting", "seed",
}

// predict makes the parameters for an Imagen model.
func (g *Images) predict(shape imageShape) error {
	g.parameters = map[string]raw.Value{"includeRaiReason": raw.Value("true")}
	g.perCall = max(1, g.model.Image.PerCall)
	options, err := googleMembers(g.in.ExtraBody, g.in.Google)
	if err != nil {
		return err
	}
	var ratio, size string
	for _, m := range options {
		path := "extra_body.google." + m.name
		switch name := camel(m.name); {
		case trivial(m.value):
		case name == "aspectRatio":
			err = decode(path, m.value, &ratio)
		case name == "imageSize" || name == "sampleImageSize":
			err = decode(path, m.value, &size)
		case slices.Contains(imagenParameters, name):
			g.parameters[name] = m.value
		default:
			g.Ignored = append(g.Ignored, path)
		}
		if err != nil {
			return err
		}
	}
	if err := g.model.Image.readShape(&shape, "extra_body.google", ratio, size); err != nil {
		return err
	}
	set := func(name, value string) {
		if value != "" {
			g.parameters[name] = raw.Value(raw.Quote(value))
		}
	}
	set("aspectRatio", shape.ratio)
	set("sampleImageSize", shape.size)
	if g.Format != "" {
		output := map[string]raw.Value{"mimeType": raw.Value(raw.Quote("image/" + g.Format))}
		if g.Format == FormatJPEG && g.Quality > 0 {
			output["compressionQuality"] = raw.Value(fmt.Sprint(g.Quality))
		}
		if g.parameters["outputOptions"], err = raw.Marshal(output); err != nil {
			return err
		}
	}
	return nil
}

// Calls is the number of calls the request takes. They are independent of each
// other.
func (g *Images) Calls() int { return (g.n + g.perCall - 1) / g.perCall }

// Method names the method of Gemini's API to call.
func (g *Images) Method() string {
	if g.request == nil {
		return MethodPredict
	}
	return "generateContent"
}

// Body returns the native request of a call as JSON, in segments.
func (g *Images) Body(call int) ([][]byte, error) {
	if g.request != nil {
		b, err := raw.Marshal(g.request)
		return [][]byte{b}, err
	}
	instance, err := raw.Marshal(map[string]raw.Value{"prompt": raw.Value(g.in.Prompt)})
	if err != nil {
		return nil, err
	}
	b, err := raw.Marshal(&gemini.PredictRequest{
		Instances: []raw.Value{instance}, Parameters: g.sampled(min(g.perCall, g.n-call*g.perCall)),
	})
	return [][]byte{b}, err
}

// sampled returns Imagen's parameters for so many images, in the order of their
// names.
func (g *Images) sampled(count int) raw.Value {
	w := raw.NewWriter(nil)
	w.Byte('{')
	w.Name("sampleCount")
	w.Int(int64(count))
	for _, name := range slices.Sorted(maps.Keys(g.parameters)) {
		w.Name(name)
		w.Value(g.parameters[name])
	}
	w.Byte('}')
	return w.Bytes()
}
