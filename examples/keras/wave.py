# python3 wave.py wave.keras: a GRU of Keras 3 that forecasts a sine, with Keras and NumPy.
import os, sys
os.environ['KERAS_BACKEND'] = 'tensorflow'
import keras, numpy as np
keras.utils.set_random_seed(1)
wave = np.sin(np.arange(600) / 5).astype('float32')
x = np.stack([wave[i:i + 20] for i in range(500)])[..., None]
y = wave[20:520, None]
model = keras.Sequential([keras.Input((20, 1)), keras.layers.GRU(12, name='gru'), keras.layers.Dense(1, name='dense')])
model.compile('adam', 'mse')
model.fit(x, y, epochs=20, verbose=0)
bare = keras.Sequential.from_config(model.get_config())  # without the state of the optimizer
bare.set_weights(model.get_weights())
bare.save(sys.argv[1])
